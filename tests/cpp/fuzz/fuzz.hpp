// What a fuzz target is made of: the functions of libFuzzer, under its names. Where
// there is no libFuzzer, driver.cpp calls them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

extern "C" {
// Given by the target. Ends the process where something is wrong.
int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
// Given by the target: changes an input in place, or makes one of an empty one. Returns
// its new size.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                    std::size_t max_size, unsigned seed);
// Given by libFuzzer or the driver: changes some bytes.
std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size,
                             std::size_t max_size);
}

// Puts a text where an input is; its size.
std::size_t place_input(const std::string &text, std::uint8_t *data,
                        std::size_t max_size);

// Runs a reader of what somebody else wrote: it may throw gwparam::Error with one of
// these statuses and a message, and nothing else. Whether it did not throw.
bool accepts(const std::vector<int> &statuses, const std::function<void()> &body);

// A change of a JSON text: a value is replaced, taken away, repeated, or moved to
// another place, among them numbers and texts at the edge of what is allowed. Bytes of
// what is no JSON.
std::size_t mutate_json(std::uint8_t *data, std::size_t size, std::size_t max_size,
                        std::mt19937 &random);
