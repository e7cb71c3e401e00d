// The typed errors of the interface.
//
// Every misuse that a caller can commit is one of these codes. Their SQLSTATEs are class `ID`, and
// the last three characters are the HTTP status that a web application would answer with. The same
// list stands in docs/errors.md; a test compares the two.
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

namespace ideamine {

enum class Code {
    invalid_argument,
    budget_exceeded,
    forbidden,
    unknown,
    conflict,
    expired,
    too_large,
    invalid_graph,
    paused,
    limit_reached,
    unavailable,
    deadline_passed,
};

struct CodeEntry {
    Code code;
    const char* sqlstate;
    const char* meaning;
};

// In the order of the enumeration. The meanings are those of docs/errors.md.
inline constexpr std::array<CodeEntry, 12> code_table{{
    {Code::invalid_argument, "ID400", "invalid argument"},
    {Code::budget_exceeded, "ID402", "budget exceeded"},
    {Code::forbidden, "ID403", "refused by role or policy"},
    {Code::unknown, "ID404", "unknown object"},
    {Code::conflict, "ID409", "conflict, or stale lease"},
    {Code::expired, "ID410", "expired"},
    {Code::too_large, "ID413", "too large"},
    {Code::invalid_graph, "ID422", "cycle or invalid graph"},
    {Code::paused, "ID423", "paused"},
    {Code::limit_reached, "ID429", "limit reached"},
    {Code::unavailable, "ID503", "breaker open, or not ready"},
    {Code::deadline_passed, "ID504", "deadline passed"},
}};

constexpr const char* sqlstate(Code code) {
    return code_table[static_cast<std::size_t>(code)].sqlstate;
}

// A misuse, in PostgreSQL's message style: the message starts in lower case and has no full stop;
// detail and hint are sentences, or empty.
class Error : public std::exception {
  public:
    Error(Code code, std::string message, std::string detail = {}, std::string hint = {});

    Code code() const noexcept { return code_; }
    const char* what() const noexcept override { return message_.c_str(); }
    const std::string& message() const noexcept { return message_; }
    const std::string& detail() const noexcept { return detail_; }
    const std::string& hint() const noexcept { return hint_; }

    // The same error with where it happened put before its message: "job 7 (key \"a\"): …".
    Error within(std::string_view place) const;

  private:
    Code code_;
    std::string message_;
    std::string detail_;
    std::string hint_;
};

}  // namespace ideamine
