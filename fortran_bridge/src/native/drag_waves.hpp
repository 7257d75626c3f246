// The waves of a group of columns, from the source level to where each ends.
#pragma once

#include <initializer_list>

#include "engine/functions.hpp"
#include "native/drag_group.hpp"

namespace gwparam::GWPARAM_ENGINE {

namespace {

constexpr double ln2 = 0x1.62e42fefa39efp-1;
constexpr double tiny = 0x1p-1022;

// Where it is no normal number, 0.
inline Doubles exp_of_negative(Doubles x) {
    constexpr double least = -708.0;
    const Longs is_normal = x >= least;
    const ExpParts<double> parts =
        exp_parts<double>(is_normal ? x : broadcast(least), Doubles{});
    const Doubles scale = power_of_two<double>(parts.n);
    return where(is_normal, fma(parts.rest, scale, scale));
}

// The source spectrum, signed as the intrinsic speed. False without any stress.
bool Group::launch() {
    const Longs is_centred = is_tropical_ | (setup_.flag == 0 ? -1 : 0);
    const Doubles centre = where(is_centred, source_wind_);
    const Doubles width =
        is_tropical_ != 0 ? broadcast(setup_.cwtropics) : broadcast(setup_.cw);
    const Doubles slope = -ln2 / (width * width);
    const Doubles narrow_slope = broadcast(-ln2 / (setup_.cn * setup_.cn));
    const Doubles narrow = where(~is_tropical_, broadcast(setup_.bn));
    const Doubles down =
        is_tropical_ != 0 ? broadcast(-setup_.kelvin_kludge) : broadcast(-1.0);
    const bool has_narrow = any(narrow > 0.0);
    source_sum_ = Doubles{};
    down_ = Longs{};
    Longs has_stress = {};
    for (std::int64_t n = 0; n < setup_.waves; ++n) {
        const Doubles speed = broadcast(double(n) * setup_.dc - setup_.cmax);
        const Doubles offset = speed - centre;
        const Doubles square = offset * offset;
        Doubles source = setup_.bw * exp_of_negative(square * slope);
        if (has_narrow) {
            source = source + narrow * exp_of_negative(square * narrow_slope);
        }
        source = speed < source_wind_ ? down * source : source;
        source = where(speed != source_wind_, source);
        down_ -= speed <= source_wind_; // which is -1
        source_.set(n, source);
        const Doubles size = magnitude<double>(source);
        source_sum_ = source_sum_ + size;
        has_stress |= size >= tiny;
    }
    return all(has_stress);
}

// One wave of each lane at one level: whether it lives on, and what it leaves there if
// not. It lives on if it still moves through the air as it did at the source, slowly
// enough not to be reflected and fast enough not to break.
struct Group::Level {
    Doubles wind;
    Doubles threshold;
    Doubles reflection;
    Doubles wavenumber;
    Longs takes_lost; // Reflected and stagnant waves are deposited too.
    Doubles deposited{};
    Doubles work{};

    // `onward` is the speed through the air in the direction that it had at the source.
    Longs lives(Doubles onward, Doubles strength) const {
        return (onward > 0.0) & (onward * wavenumber < reflection) &
               (strength < threshold * (onward * onward * onward));
    }

    // If it does not live on, whether its stress goes to the flow.
    Longs gives(Doubles speed) const {
        const Doubles size = magnitude<double>(speed);
        return ((size * wavenumber < reflection) & (size > 0.0)) | takes_lost;
    }

    template <bool diagnostics> void take(Longs ends, Doubles speed, Doubles source) {
        const Doubles given = where(ends & gives(speed), source);
        deposited = deposited + given;
        if (diagnostics) {
            work = work + speed * given;
        }
    }
};

// The first or the last wave that is left in each lane, and the one behind it.
struct Group::End {
    Longs wave;
    Doubles speed;
    Doubles source;
    Doubles next_speed;
    Doubles next_source;
};

// Waves of one sign of the intrinsic speed.
struct Group::Side {
    bool is_up;
    End low;
    End high;
    Longs has_any() const { return low.wave <= high.wave; }
};

// Of waves by their number, also past the first and the last: as in the set-up, to the
// bit.
inline Doubles Group::phase_speed(Longs wave) const {
    const double shift = Format<double>::to_nearest;
    const Doubles n = bits_as<Doubles>(wave + bits_as<Longs>(broadcast(shift))) - shift;
    return n * setup_.dc - setup_.cmax;
}

template <std::int64_t step> Group::End Group::end_at(Longs wave) const {
    return {wave, phase_speed(wave), source_.of_lanes(wave), phase_speed(wave + step),
            source_.of_lanes(wave + step)};
}

// Moves on where the condition holds. What the next test needs is there: it does not
// wait for memory.
template <std::int64_t step> void Group::advance(End &end, Longs condition) const {
    end.wave += condition & step;
    end.speed = condition != 0 ? end.next_speed : end.speed;
    end.source = condition != 0 ? end.next_source : end.source;
    end.next_speed = phase_speed(end.wave + step);
    end.next_source = source_.of_lanes(end.wave + step);
}

// Ends waves of one side at a level, from one of its ends to the first wave that lives.
template <bool diagnostics, std::int64_t step>
void Group::end_waves(Side &side, Level &level, Longs waits) const {
    End &end = step > 0 ? side.low : side.high;
    for (;;) {
        const Doubles speed = end.speed - level.wind;
        const Doubles onward = side.is_up ? speed : -speed;
        const Doubles strength = side.is_up ? end.source : -end.source;
        const Longs ends = side.has_any() & ~(level.lives(onward, strength) | waits);
        if (!any(ends)) {
            return;
        }
        level.take<diagnostics>(ends, speed, end.source);
        advance<step>(end, ends);
    }
}

// Follows the waves of one wavelength upwards. The spectrum falls off with the
// intrinsic speed on both sides of the source wind: the slowest waves break or meet
// critical levels, the fastest are reflected, and between two that live on all do.
template <bool diagnostics> void Group::sweep_from_ends(std::int64_t j) {
    Doubles sum = source_sum_; // of the stress that is shared out
    Side down{false, end_at<1>(Longs{}), end_at<-1>(down_ - 1)};
    Side up{true, end_at<1>(down_), end_at<-1>(Longs{} + (setup_.waves - 1))};
    for (std::int64_t k = lowest_; k > 0; --k) {
        Level level = this->level(j, k);
        const Longs waits = is_below_source(k);
        for (Side *side : {&down, &up}) {
            end_waves<diagnostics, 1>(*side, level, waits);
            end_waves<diagnostics, -1>(*side, level, waits);
        }
        store_level<diagnostics>(k, level);
        if (setup_.launch_full_stress) {
            Doubles launched{};
            for (Side side : {down, up}) {
                for (; any(side.has_any()); advance<1>(side.low, side.has_any())) {
                    launched = launched + magnitude<double>(
                                              where(side.has_any(), side.low.source));
                }
            }
            sum = source_level_ == double(k) ? launched : sum;
        }
    }
    find_share(sum);
    Level lid = level(j, 0);
    for (Side side : {down, up}) {
        for (; any(side.has_any()); advance<1>(side.low, side.has_any())) {
            lid.take<diagnostics>(side.has_any(), side.low.speed - lid.wind,
                                  side.low.source);
        }
    }
    store_level<diagnostics>(0, lid);
}

// The same for any spectrum: every wave is tried at every level.
template <bool diagnostics> void Group::sweep_all(std::int64_t j) {
    Doubles sum = source_sum_; // of the stress that is shared out
    Profile waves = source_;
    std::int64_t count = setup_.waves;
    for (std::int64_t n = 0; n < count; ++n) {
        left_speed_[n] = double(n) * setup_.dc - setup_.cmax;
    }
    for (std::int64_t k = lowest_; k >= 0; --k) {
        Level level = this->level(j, k);
        const Longs waits = is_below_source(k);
        const Longs rises = k > 0 ? always() : Longs{};
        std::int64_t left = 0;
        for (std::int64_t n = 0; n < count; ++n) {
            const double phase_speed = left_speed_[n];
            const Doubles source = waves[n];
            const Doubles speed = phase_speed - wind_[k];
            const Longs sign = bits_as<Longs>(source) & bits_as<Longs>(broadcast(-0.0));
            const Doubles onward = bits_as<Doubles>(bits_as<Longs>(speed) ^ sign);
            const Longs lives = rises & level.lives(onward, magnitude<double>(source));
            level.take<diagnostics>(~lives, speed, source);
            const Doubles kept = where(lives | waits, source);
            left_.set(left, kept);
            left_speed_[left] = phase_speed;
            left += any(kept != 0.0);
        }
        store_level<diagnostics>(k, level);
        waves = left_;
        count = left;
        if (setup_.launch_full_stress) {
            Doubles launched{};
            for (std::int64_t n = 0; n < count; ++n) {
                launched = launched + magnitude<double>(waves[n]);
            }
            sum = source_level_ == double(k) ? launched : sum;
        }
    }
    find_share(sum);
}

Group::Level Group::level(std::int64_t j, std::int64_t k) const {
    return {wind_[k], threshold_[j * extent_ + k], reflection_[j * extent_ + k],
            broadcast(setup_.wavenumber[j]),
            Longs{} | (setup_.deposit_reflected ? -1 : 0)};
}

// Nothing is deposited at the source level itself.
template <bool diagnostics>
void Group::store_level(std::int64_t k, const Level &level) {
    const Longs is_above = source_level_ > double(k);
    deposited_.set(k, where(is_above, level.deposited));
    if (diagnostics) {
        work_.set(k, where(is_above, level.work));
    }
}

void Group::find_share(Doubles sum) {
    const Doubles stress = source_amplitude_ / double(setup_.wavelengths);
    share_ = where(sum > 0.0, stress / sum / source_density_);
}

} // namespace

} // namespace gwparam::GWPARAM_ENGINE
