#include "replay/ack_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace replay {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            fail("could not write the acknowledgement log");
        }
    }
}

}  // namespace

AckLog::AckLog(const std::string& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644)) {
    if (file_ < 0) {
        fail("could not open " + path);
    }
}

AckLog::~AckLog() {
    ::close(file_);
}

void AckLog::write(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + '\n';
    }
    const std::lock_guard lock(mutex_);
    write_all(file_, text);
    if (::fdatasync(file_) != 0) {
        fail("could not flush the acknowledgement log");
    }
}

}  // namespace replay
