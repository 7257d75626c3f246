// Lanes of vectors of doubles: a column in each.
#pragma once

#include "engine/vectors.hpp"

namespace gwparam::GWPARAM_ENGINE {

namespace {

constexpr std::int64_t lanes = lanes_of<double>;

// The number where the condition holds, else 0.
inline Doubles where(Longs condition, Doubles x) {
    return bits_as<Doubles>(bits_as<Longs>(x) & condition);
}

inline Longs always() { return Longs{} == Longs{}; }

inline bool any(Longs condition) {
#if defined(GWPARAM_ENGINE_AVX512)
    return _mm512_movepi64_mask((__m512i)condition) != 0;
#elif defined(GWPARAM_ENGINE_AVX2)
    return _mm256_movemask_pd((__m256d)condition) != 0;
#else
    std::int64_t found = 0;
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        found |= condition[lane];
    }
    return found != 0;
#endif
}

inline bool all(Longs condition) { return !any(~condition); }

inline Longs lane_numbers() {
    Longs numbers;
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        numbers[lane] = lane;
    }
    return numbers;
}

// Numbers of the group, (level or wave, lane).
class Profile {
  public:
    explicit Profile(double *data) : data_(data) {}
    Doubles operator[](std::int64_t k) const { return load(data_ + k * lanes); }
    void set(std::int64_t k, Doubles x) const { store<double>(data_ + k * lanes, x); }
    void add(std::int64_t k, Doubles x) const { set(k, (*this)[k] + x); }
    // Of each lane another level or wave.
    Doubles of_lanes(Longs k) const {
        const Longs place = k * lanes + lane_numbers();
#if defined(GWPARAM_ENGINE_AVX512)
        return _mm512_i64gather_pd((__m512i)place, data_, 8);
#elif defined(GWPARAM_ENGINE_AVX2)
        return _mm256_i64gather_pd(data_, (__m256i)place, 8);
#else
        Doubles x;
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
            x[lane] = data_[place[lane]];
        }
        return x;
#endif
    }
    Profile from(std::int64_t k) const { return Profile(data_ + k * lanes); }

  private:
    double *data_;
};

// Hands out the memory of a group.
class Memory {
  public:
    explicit Memory(double *free) : free_(free) {}
    double *numbers(std::int64_t count) {
        double *taken = free_;
        free_ += count;
        return taken;
    }
    Profile profile(std::int64_t size) { return Profile(numbers(size * lanes)); }

  private:
    double *free_;
};

} // namespace

} // namespace gwparam::GWPARAM_ENGINE
