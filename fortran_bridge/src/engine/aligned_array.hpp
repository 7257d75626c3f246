// Numbers that begin at a cache line, with room behind them that vectors may read.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

#include "engine/kernels.hpp"

namespace gwparam {

template <typename T> class AlignedArray {
  public:
    // Zeros.
    explicit AlignedArray(std::size_t count)
        : data_(static_cast<T *>(::operator new(count * sizeof(T) + vector_bytes,
                                                std::align_val_t{vector_bytes}))) {
        std::memset(static_cast<void *>(data_.get()), 0,
                    count * sizeof(T) + vector_bytes);
    }

    T *data() { return data_.get(); }
    const T *data() const { return data_.get(); }

  private:
    struct Delete {
        void operator()(T *data) const {
            ::operator delete(data, std::align_val_t{vector_bytes});
        }
    };

    std::unique_ptr<T, Delete> data_;
};

} // namespace gwparam
