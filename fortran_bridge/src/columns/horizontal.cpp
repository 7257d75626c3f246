#include "columns/horizontal.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace gwparam {

HorizontalStage::HorizontalStage(const Contract &contract, std::int64_t chunk_columns)
    : contract_(contract), batch_(contract, chunk_columns),
      batch_in_(batch_.input_rows()), batch_out_(batch_.output_rows()) {}

HorizontalStage::Needs
HorizontalStage::set_cells(const LatLonAxes &host, std::int64_t host_cells,
                           const std::vector<std::int64_t> &mine,
                           const std::vector<std::int64_t> &here) {
    results_ = static_cast<std::int64_t>(here.size());
    const bool sees_neighbours = contract_.geometry.kind == GeometryKind::stencil;
    return {sees_neighbours ? set_stencils(host, here) : here, here, mine, host_cells};
}

// Only cells with a weight travel: few, where the host's grid is much finer than the
// network's, and the network's own few on their way back.
HorizontalStage::Needs HorizontalStage::set_grids(const LatLonAxes &host,
                                                  const std::vector<std::int64_t> &mine,
                                                  bool computes) {
    const LatLonGrid trained =
        grid_of_axes(contract_.geometry.latitude, contract_.geometry.longitude);
    Needs needs;
    needs.all_results = trained.columns();
    results_ = 0;
    if (computes) {
        to_network_ =
            bilinear_regrid(grid_of_axes(host.latitude, host.longitude), trained);
        needs.inputs = to_network_.compact();
        results_ = trained.columns();
        needs.results.resize(static_cast<std::size_t>(results_));
        std::iota(needs.results.begin(), needs.results.end(), 0);
    }
    LatLonGrid columns;
    static_cast<LatLonAxes &>(columns) = host;
    columns.cell_of_column = mine;
    to_host_ = conservative_regrid(trained, columns);
    needs.outputs = to_host_.compact();
    return needs;
}

std::vector<std::int64_t>
HorizontalStage::set_stencils(const LatLonAxes &host,
                              const std::vector<std::int64_t> &results) {
    neighbours_ = stencil_cells(host, results, contract_.geometry.radius);
    std::vector<std::int64_t> wanted = results;
    std::unordered_map<std::int64_t, std::int64_t> row_of_cell;
    for (std::size_t row = 0; row < results.size(); ++row) {
        row_of_cell.emplace(results[row], static_cast<std::int64_t>(row));
    }
    for (std::int64_t &cell : neighbours_) {
        const auto [row, is_new] =
            row_of_cell.emplace(cell, static_cast<std::int64_t>(wanted.size()));
        if (is_new) {
            wanted.push_back(cell);
        }
        cell = row->second;
    }
    return wanted;
}

void HorizontalStage::run(Backend &backend, std::vector<Rows> &inputs,
                          std::vector<Rows> &outputs, ThreadPool &pool) {
    if (contract_.geometry.kind == GeometryKind::column) {
        batch_.run(backend, inputs, outputs);
        return;
    }
    for (Rows &rows : outputs) {
        rows.resize(results_);
    }
    if (contract_.geometry.kind == GeometryKind::stencil) {
        run_stencils(backend, inputs, outputs, pool);
    } else {
        run_image(backend, inputs, outputs);
    }
}

void HorizontalStage::run_stencils(Backend &backend, const std::vector<Rows> &inputs,
                                   std::vector<Rows> &outputs, ThreadPool &pool) {
    const std::int64_t together = batch_.chunk() * pool.threads();
    for (std::int64_t first = 0; first < results_; first += together) {
        const std::int64_t count = std::min(together, results_ - first);
        for (std::size_t f = 0; f < inputs.size(); ++f) {
            gather(inputs[f], first, count, batch_in_[f], pool);
        }
        batch_.run(backend, batch_in_, batch_out_);
        for (std::size_t f = 0; f < outputs.size(); ++f) {
            std::memcpy(outputs[f].row(first), batch_out_[f].row(0),
                        static_cast<std::size_t>(count * outputs[f].row_bytes()));
        }
    }
}

// The columns around the results `first` on.
void HorizontalStage::gather(const Rows &columns, std::int64_t first,
                             std::int64_t count, Rows &stencils,
                             ThreadPool &pool) const {
    const std::int64_t side = 2 * contract_.geometry.radius + 1;
    const std::int64_t cells = side * side;
    const std::int64_t width = columns.width();
    stencils.resize(count);
    visit(stencils, [&](auto *stencil) {
        using Value = std::remove_pointer_t<decltype(stencil)>;
        const auto *source = reinterpret_cast<const Value *>(columns.row(0));
        const auto copy = [&](std::int64_t begin, std::int64_t end) {
            Value *target = stencil + begin * cells * width;
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t *around = neighbours_.data() + (first + i) * cells;
                for (std::int64_t k = 0; k < width; ++k) {
                    for (std::int64_t n = 0; n < cells; ++n) {
                        *target++ = source[around[n] * width + k];
                    }
                }
            }
        };
        pool.run_ranges(count, cells * width, copy);
    });
}

void HorizontalStage::run_image(Backend &backend, const std::vector<Rows> &inputs,
                                std::vector<Rows> &outputs) {
    for (std::size_t f = 0; f < inputs.size(); ++f) {
        Rows &image = batch_in_[f];
        image.resize(1);
        visit(image, [&](auto *target) {
            using Value = std::remove_pointer_t<decltype(target)>;
            to_network_.apply(reinterpret_cast<const Value *>(inputs[f].row(0)),
                              inputs[f].width(), target);
        });
    }
    batch_.run(backend, batch_in_, batch_out_);
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        std::memcpy(outputs[f].row(0), batch_out_[f].row(0),
                    static_cast<std::size_t>(batch_out_[f].row_bytes()));
    }
}

void HorizontalStage::to_columns(std::vector<Rows> &&results,
                                 std::vector<Rows> &columns) const {
    if (contract_.geometry.kind != GeometryKind::global) {
        std::swap(results, columns);
        return;
    }
    for (std::size_t f = 0; f < columns.size(); ++f) {
        columns[f].resize(to_host_.target_columns());
        visit(columns[f], [&](auto *target) {
            using Value = std::remove_pointer_t<decltype(target)>;
            to_host_.apply(reinterpret_cast<const Value *>(results[f].row(0)),
                           columns[f].width(), target);
        });
    }
}

} // namespace gwparam
