#include "ideamine/version.hpp"

#include <charconv>

namespace ideamine {

namespace {

// The number at the start of the text, which it removes.
std::optional<int> take_number(std::string_view& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
    const auto major = take_number(text);
    if (!major || !text.starts_with('.')) {
        return std::nullopt;
    }
    text.remove_prefix(1);
    const auto minor = take_number(text);
    if (!minor || !text.empty()) {
        return std::nullopt;
    }
    return Version{*major, *minor};
}

std::string text_for(Version version, std::string_view statement) {
    constexpr auto opening = std::string_view{"$["};
    std::string text;
    for (auto start = statement.find(opening); start != std::string_view::npos;
         start = statement.find(opening)) {
        text += statement.substr(0, start);
        statement.remove_prefix(start + opening.size());
        const auto since = parse_version(statement.substr(0, statement.find(' ')));
        const auto end = statement.find("$]");
        const auto choice = statement.substr(0, end);
        const auto bar = choice.find("$|");
        if (version >= since.value()) {
            text += choice.substr(choice.find(' '),
                                  bar == std::string_view::npos ? bar : bar - choice.find(' '));
        } else if (bar != std::string_view::npos) {
            text += choice.substr(bar + 2);
        }
        statement.remove_prefix(end + 2);
    }
    return text += statement;
}

}  // namespace ideamine
