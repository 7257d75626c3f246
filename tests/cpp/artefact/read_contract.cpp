// Reads contracts from standard input and says of each whether the library takes it.
//
// Each is the number of its bytes on a line, and then those bytes. Each answer is a
// line: "accepted", or "refused: " and the message. tests/python/contract/ runs it.
#include <algorithm>
#include <iostream>
#include <string>

#include "artefact/contract.hpp"
#include "base/error.hpp"

int main() {
    std::string size;
    while (std::getline(std::cin, size)) {
        std::string text(std::stoul(size), ' ');
        std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
        std::string answer = "accepted";
        try {
            gwparam::parse_contract(text);
        } catch (const gwparam::Error &e) {
            answer = std::string("refused: ") + e.what();
        }
        std::replace(answer.begin(), answer.end(), '\n', ' ');
        std::cout << answer << '\n';
    }
}
