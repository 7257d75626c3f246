// The drag at the boundary to C.
#include <cstring>
#include <string>

#include "base/error.hpp"
#include "native/drag_window.hpp"
#include "tap.h"

namespace {

bool is_refused(gwparam_status status, const char *part) {
    return status == GWPARAM_ERR_ARGUMENT &&
           std::strstr(gwparam::last_error(), part) != nullptr;
}

} // namespace

int main() {
    DragWindow window(20, 2);
    const gwparam_drag_setup setup = window.its_setup();
    gwparam_drag_columns columns = window.columns();
    gwparam_drag_results results = window.wanted();
    std::int64_t suspect[2] = {5, 5};

    ok(gwparam_drag_run(&setup, &columns, &results, suspect) == GWPARAM_OK &&
           suspect[0] == -1 && window.results[0][0] != 77.0,
       "a window is computed");
    ok(is_refused(gwparam_drag_run(&setup, nullptr, &results, suspect), "is null"),
       "no columns");

    columns.pressure.dtype = GWPARAM_FLOAT32;
    ok(is_refused(gwparam_drag_run(&setup, &columns, &results, suspect),
                  "pressure is null or not of float64 and rank 3") &&
           suspect[0] == -1,
       "float32");
    columns = window.columns();
    results.diffusivity[1].rank = 2;
    ok(is_refused(gwparam_drag_run(&setup, &columns, &results, suspect), "diffusivity"),
       "another rank");
    results = window.wanted();

    window.at(window.v, 38, 2) = 1.0 / 0.0;
    ok(is_refused(gwparam_drag_run(&setup, &columns, &results, suspect), "columns ") &&
           suspect[0] <= 38 && suspect[1] >= 38 && suspect[1] < 40,
       "the columns among which one is refused are named");

    columns.shape[1] = 0;
    ok(gwparam_drag_run(&setup, &columns, &results, suspect) == GWPARAM_OK,
       "no column, no drag");
    return done_testing();
}
