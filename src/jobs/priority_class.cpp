#include "jobs/priority_class.hpp"

#include <cstddef>
#include <string>

#include "ideamine/error.hpp"

namespace ideamine::jobs {

namespace {

constexpr std::array<const char*, priority_classes.size()> names{"P0", "P1", "P2", "P3"};

// By the number less 1: older applications count upwards in urgency.
constexpr std::array<PriorityClass, 5> classes_of_numbers{
    PriorityClass::p3, PriorityClass::p2, PriorityClass::p2, PriorityClass::p1, PriorityClass::p0};

// More than this is not worth repeating in a message.
constexpr std::size_t max_quoted_bytes = 40;

Error invalid_priority_class(std::string_view text) {
    std::string message = "invalid priority class";
    if (text.size() <= max_quoted_bytes) {
        message += ": \"" + std::string(text) + "\"";
    }
    return {Code::invalid_argument, std::move(message), "",
            "Use P0, P1, P2 or P3, or a number from 1 (background) to 5 (critical)."};
}

}  // namespace

const char* to_string(PriorityClass priority_class) {
    return names[static_cast<std::size_t>(priority_class)];
}

PriorityClass parse_priority_class(std::string_view text) {
    if (text.size() == 1 && text[0] >= '1' && text[0] <= '5') {
        return classes_of_numbers[static_cast<std::size_t>(text[0] - '1')];
    }
    if (text.size() == 2 && (text[0] == 'P' || text[0] == 'p') && text[1] >= '0' &&
        text[1] <= '3') {
        return priority_classes[static_cast<std::size_t>(text[1] - '0')];
    }
    throw invalid_priority_class(text);
}

}  // namespace ideamine::jobs
