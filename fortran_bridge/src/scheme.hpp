// A network at work on the columns of a host: what a gwparam_scheme handle stands for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend.hpp"
#include "contract.hpp"
#include "guard.hpp"
#include "horizontal.hpp"
#include "vertical.hpp"

namespace gwparam {

class Scheme {
  public:
    Scheme(const std::string &path, const gwparam_options &options);
    Scheme(const Scheme &) = delete;
    Scheme &operator=(const Scheme &) = delete;

    void set_levels(std::int32_t order, std::int64_t nlev, const double *pressure);
    void set_columns(const gwparam_array *latitude, const gwparam_array *longitude,
                     const char *units);
    void put(const std::string &name, const char *units, const gwparam_array *array);
    std::int64_t add_columns();
    void flush();
    void discard();
    void get(std::int64_t window, const std::string &name, const char *units,
             const gwparam_array *array) const;

    const std::string &contract_json() const { return backend_->contract_json(); }
    gwparam_statistics statistics() const;

  private:
    // A run of columns that the host handed over together.
    struct Window {
        std::int64_t first = 0;
        std::int64_t columns = 0;
        std::vector<std::int64_t> horizontal_shape;
    };

    void pack_input(const std::string &name, const char *units,
                    const gwparam_array *array);
    void open_window(const HostArray &host);
    void run_stages(std::int64_t columns);
    void zero_marked_columns();
    const std::vector<FieldContract> &host_inputs() const;

    gwparam_options options_;
    std::unique_ptr<Backend> backend_;
    Contract contract_;
    HorizontalStage horizontal_;
    std::optional<VerticalStage> vertical_; // from set_levels on
    bool flip_ = false; // the host's vertical order is not that of the rows

    std::vector<Rows> host_in_;
    std::vector<Rows> host_out_;
    std::vector<Rows> network_in_;
    std::vector<Rows> network_out_;

    std::vector<Window> windows_;
    std::optional<Window> open_;
    std::vector<bool> given_; // inputs of the open window
    bool flushed_ = false;
    ColumnMarks marks_;
    gwparam_statistics statistics_{};
};

} // namespace gwparam
