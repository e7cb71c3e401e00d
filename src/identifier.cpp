#include "ideamine/identifier.hpp"

#include <string>

#include "ideamine/error.hpp"

namespace ideamine {

namespace {

// Whether a control character begins at `at`: one byte below U+0020 or U+007F, or the two bytes
// that UTF-8 gives to U+0080 to U+009F, which terminals obey too.
bool is_control_at(std::string_view value, std::size_t at) {
    const auto byte = static_cast<unsigned char>(value[at]);
    if (byte < 0x20 || byte == 0x7F) {
        return true;
    }
    if (byte != 0xC2 || at + 1 == value.size()) {
        return false;
    }
    const auto next = static_cast<unsigned char>(value[at + 1]);
    return next >= 0x80 && next <= 0x9F;
}

}  // namespace

void check_identifier(std::string_view what, std::string_view value) {
    const auto refuse = [what](const char* why, const std::string& detail = {}) {
        throw Error(Code::invalid_argument, std::string{what} + why, detail);
    };
    if (value.empty()) {
        refuse(" must not be empty");
    }
    if (value.size() > max_identifier_bytes) {
        refuse(" is too long", "It has " + std::to_string(value.size()) + " bytes; at most " +
                                   std::to_string(max_identifier_bytes) + " are allowed.");
    }
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (is_control_at(value, at)) {
            refuse(" must not contain control characters",
                   "The first one is at byte " + std::to_string(at + 1) + ".");
        }
    }
}

}  // namespace ideamine
