// The binomial tree along which ranks agree: rank 0 at the top, and each rank below the
// one whose number lacks its lowest bit. A rank has at most log2(size) below it.
#pragma once

#include <vector>

namespace gwparam {

// Meaningless for rank 0.
inline int parent(int rank) { return rank & (rank - 1); }

inline std::vector<int> children(int rank, int size) {
    std::vector<int> found;
    for (int bit = 1; bit < size && (rank & bit) == 0; bit *= 2) {
        if (rank + bit < size) {
            found.push_back(rank + bit);
        }
    }
    return found;
}

} // namespace gwparam
