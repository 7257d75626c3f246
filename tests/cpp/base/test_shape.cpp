// Shapes in words.
#include "base/shape.hpp"
#include "tap.h"

int main() {
    ok(gwparam::shape_text({2, 3, 5}) == "(2, 3, 5)", "several extents");
    ok(gwparam::shape_text({-4}) == "(-4)", "one, as it is");
    ok(gwparam::shape_text({}) == "()", "none");
    return done_testing();
}
