// replay: runs a workload through ideamine and judges what became of it. See README.md.
#include <exception>
#include <iostream>

#include "replay/options.hpp"
#include "replay/run.hpp"

int main(int argc, char** argv) {
    constexpr int good = 0;
    constexpr int bad = 1;
    constexpr int no_verdict = 2;
    try {
        const replay::Options options = replay::parse_options({argv + 1, argv + argc});
        if (options.help) {
            std::cout << replay::help_text();
            return good;
        }
        return replay::run(options) ? good : bad;
    } catch (const std::exception& error) {
        std::cerr << "replay: " << error.what() << '\n';
        return no_verdict;
    }
}
