#include "horizontal.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "error.hpp"

namespace gwparam {

namespace {

// Cells of an image, each with its levels side by side, to levels with their cells.
template <typename Value>
void transpose(const Value *source, std::int64_t rows, std::int64_t columns,
               Value *target) {
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) {
            target[j * rows + i] = source[i * columns + j];
        }
    }
}

} // namespace

HorizontalStage::HorizontalStage(const Contract &contract, std::int64_t chunk_columns)
    : contract_(contract), batch_(contract, chunk_columns) {}

void HorizontalStage::set_columns(const double *latitude, const double *longitude,
                                  std::int64_t columns) {
    if (contract_.geometry.kind != GeometryKind::column) {
        const LatLonGrid host = grid_of_columns(latitude, longitude, columns);
        require_global(host, "the host");
        if (contract_.geometry.kind == GeometryKind::stencil) {
            neighbours_ = stencil_neighbours(host, contract_.geometry.radius);
        } else {
            const LatLonGrid trained =
                grid_of_axes(contract_.geometry.latitude, contract_.geometry.longitude);
            to_network_ = bilinear_regrid(host, trained);
            to_host_ = conservative_regrid(trained, host);
        }
    }
    columns_ = columns;
}

void HorizontalStage::run(Backend &backend, std::vector<Rows> &inputs,
                          std::int64_t columns, std::vector<Rows> &outputs) {
    if (contract_.geometry.kind == GeometryKind::column) {
        run_columns(backend, inputs, columns, outputs);
        return;
    }
    if (columns != columns_) {
        throw Error(GWPARAM_ERR_ARGUMENT, columns_ < 0
                                              ? "the places of the columns are not set"
                                              : "there are " + std::to_string(columns) +
                                                    " columns, expected the " +
                                                    std::to_string(columns_) +
                                                    " whose places were set");
    }
    for (Rows &rows : outputs) {
        rows.resize(columns);
    }
    if (contract_.geometry.kind == GeometryKind::stencil) {
        run_stencils(backend, inputs, columns, outputs);
    } else {
        run_image(backend, inputs, outputs);
    }
}

void HorizontalStage::run_columns(Backend &backend, std::vector<Rows> &inputs,
                                  std::int64_t columns, std::vector<Rows> &outputs) {
    std::swap(inputs, batch_.inputs());
    std::swap(outputs, batch_.outputs());
    batch_.run(backend, columns);
    std::swap(outputs, batch_.outputs());
}

void HorizontalStage::run_stencils(Backend &backend, const std::vector<Rows> &inputs,
                                   std::int64_t columns, std::vector<Rows> &outputs) {
    const auto places = static_cast<std::int64_t>(neighbours_.size()) / columns;
    for (std::int64_t first = 0; first < columns; first += batch_.chunk()) {
        const std::int64_t count = std::min(batch_.chunk(), columns - first);
        for (std::size_t f = 0; f < inputs.size(); ++f) {
            const std::int64_t width = inputs[f].width();
            Rows &stencils = batch_.inputs()[f];
            stencils.resize(count);
            visit(stencils, [&](auto *target) {
                using Value = std::remove_pointer_t<decltype(target)>;
                const auto *source = reinterpret_cast<const Value *>(inputs[f].row(0));
                for (std::int64_t i = 0; i < count; ++i) {
                    const std::int64_t *around =
                        neighbours_.data() + (first + i) * places;
                    for (std::int64_t k = 0; k < width; ++k) {
                        for (std::int64_t n = 0; n < places; ++n) {
                            *target++ = source[around[n] * width + k];
                        }
                    }
                }
            });
        }
        batch_.run(backend, count);
        for (std::size_t f = 0; f < outputs.size(); ++f) {
            std::memcpy(outputs[f].row(first), batch_.outputs()[f].row(0),
                        static_cast<std::size_t>(count * outputs[f].row_bytes()));
        }
    }
}

void HorizontalStage::run_image(Backend &backend, const std::vector<Rows> &inputs,
                                std::vector<Rows> &outputs) {
    const std::int64_t cells = to_network_.target_columns();
    for (std::size_t f = 0; f < inputs.size(); ++f) {
        const std::int64_t width = inputs[f].width();
        Rows on_grid(inputs[f].dtype(), width);
        on_grid.resize(cells);
        Rows &image = batch_.inputs()[f];
        image.resize(1);
        visit(inputs[f], [&](const auto *source) {
            using Value = std::remove_const_t<std::remove_pointer_t<decltype(source)>>;
            auto *regridded = reinterpret_cast<Value *>(on_grid.row(0));
            to_network_.apply(source, width, regridded);
            transpose(regridded, cells, width, reinterpret_cast<Value *>(image.row(0)));
        });
    }
    batch_.run(backend, 1);
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        const std::int64_t width = outputs[f].width();
        Rows on_grid(outputs[f].dtype(), width);
        on_grid.resize(cells);
        visit(outputs[f], [&](auto *target) {
            using Value = std::remove_pointer_t<decltype(target)>;
            auto *by_cell = reinterpret_cast<Value *>(on_grid.row(0));
            transpose(reinterpret_cast<const Value *>(batch_.outputs()[f].row(0)),
                      width, cells, by_cell);
            to_host_.apply(static_cast<const Value *>(by_cell), width, target);
        });
    }
}

} // namespace gwparam
