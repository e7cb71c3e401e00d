#include "replay/table.hpp"

#include <algorithm>

namespace replay {

namespace {

using Widths = std::vector<std::size_t>;

std::string render_line(const Cells& cells, const Widths& widths, std::size_t left) {
    std::string line;
    for (std::size_t column = 0; column < cells.size(); ++column) {
        const std::string gap(widths[column] - cells[column].size(), ' ');
        line += column == 0 ? "" : "  ";
        line += column < left ? cells[column] + gap : gap + cells[column];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

}  // namespace

std::string render_table(const Cells& header, const std::vector<Cells>& rows, std::size_t left) {
    Widths widths(header.size());
    const auto widen = [&widths](const Cells& cells) {
        for (std::size_t column = 0; column < cells.size(); ++column) {
            widths[column] = std::max(widths[column], cells[column].size());
        }
    };
    widen(header);
    std::ranges::for_each(rows, widen);

    Cells rule;
    for (const std::size_t width : widths) {
        rule.emplace_back(width, '-');
    }
    std::string text = render_line(header, widths, left) + render_line(rule, widths, left);
    for (const Cells& row : rows) {
        text += render_line(row, widths, left);
    }
    return text;
}

}  // namespace replay
