#include "replay/progress.hpp"

#include <unistd.h>

#include <iostream>

#include "replay/text.hpp"

namespace replay {

Progress::Progress(bool quiet, Clock::duration between_lines)
    : quiet_(quiet), terminal_(::isatty(STDOUT_FILENO) == 1), between_lines_(between_lines) {}

Progress::~Progress() {
    if (!quiet_ && terminal_ && shown_) {
        std::cout << std::endl;
    }
}

void Progress::show(const std::string& text) {
    const auto now = Clock::now();
    if (quiet_ || (!terminal_ && shown_ && now < next_)) {
        return;
    }
    const auto passed = std::chrono::duration<double>(now - start_).count();
    std::cout << (terminal_ ? "\r" : "") << format_decimal(passed, 1) << " s: " << text
              << (terminal_ ? "\033[K" : "\n") << std::flush;
    shown_ = true;
    next_ = now + between_lines_;
}

}  // namespace replay
