#include "replay/scene_report.hpp"

#include "replay/table.hpp"
#include "replay/text.hpp"

namespace replay {

using nlohmann::json;

namespace {

std::string number(std::size_t value) {
    return format_count(static_cast<std::int64_t>(value));
}

double seconds_between(std::int64_t from_us, std::int64_t until_us) {
    return static_cast<double>(until_us - from_us) / 1e6;
}

std::string giving_way_of(const std::vector<ClassRow>& classes) {
    const Cells header{"class",  "jobs",      "gave way", "times",      "most",       "for P0",
                       "for P1", "came back", "refused",  "wait p50 s", "wait most s"};
    std::vector<Cells> rows;
    rows.reserve(classes.size());
    for (const ClassRow& row : classes) {
        rows.push_back({row.priority_class, number(row.jobs), number(row.gave_way),
                        number(row.times), number(row.most), number(row.for_p0), number(row.for_p1),
                        number(row.came_back), number(row.refused),
                        format_decimal(row.refused_p50_s, 3),
                        format_decimal(row.refused_most_s, 3)});
    }
    return "\nwho gave way, to whom, and how long a job waited from its first refusal to its "
           "start\n" +
           render_table(header, rows, 1);
}

std::string thresholds_of(const Spending& spending) {
    if (spending.fired.empty()) {
        return "";
    }
    std::vector<Cells> rows;
    rows.reserve(spending.fired.size());
    for (const Fired& fired : spending.fired) {
        rows.push_back(
            {fired.threshold, fired.action,
             format_decimal(seconds_between(spending.fired.front().at_us, fired.at_us), 3),
             format_money(fired.spent), format_money(fired.total), number(fired.stopped),
             fired.classes});
    }
    return "\nwhat the budget did\n" + render_table({"threshold", "action", "after s", "spent $",
                                                     "of $", "gave way", "classes"},
                                                    rows, 2);
}

std::string standing_of(const Standing& standing) {
    std::string text;
    for (const auto& [status, jobs] : standing) {
        text += (text.empty() ? "" : ", ") + number(jobs) + ' ' + status;
    }
    return text;
}

std::string raising_of(const Spending& spending) {
    std::string text;
    if (spending.paused_us) {
        text += "everything but P0 stood still: " + standing_of(spending.paused) + '\n';
    }
    if (spending.raised_us) {
        text += "raised to $" + format_money(spending.raised_total) + " when $" +
                format_money(spending.spent_when_raised) + " was spent";
        text += spending.resumed_us
                    ? "; all were back after " +
                          format_decimal(seconds_between(*spending.raised_us, *spending.resumed_us),
                                         3) +
                          " s\n"
                    : "\n";
    }
    return text + "spent $" + format_money(spending.spent) +
           " in the end; cost events add up to $" + format_money(spending.events) + '\n';
}

json to_json(const ClassRow& row) {
    return {{"class", row.priority_class},
            {"jobs", row.jobs},
            {"gave_way", row.gave_way},
            {"times", row.times},
            {"most", row.most},
            {"for_p0", row.for_p0},
            {"for_p1", row.for_p1},
            {"came_back", row.came_back},
            {"refused", row.refused},
            {"wait_p50_s", row.refused_p50_s},
            {"wait_most_s", row.refused_most_s}};
}

json to_json(const Spending& spending) {
    json fired = json::array();
    for (const Fired& one : spending.fired) {
        fired.push_back({{"threshold", one.threshold},
                         {"action", one.action},
                         {"spent", format_money(one.spent)},
                         {"total", format_money(one.total)},
                         {"gave_way", one.stopped},
                         {"classes", one.classes}});
    }
    return {{"thresholds", fired},
            {"first_total", format_money(spending.first_total)},
            {"raised_total", format_money(spending.raised_total)},
            {"spent", format_money(spending.spent)},
            {"events", format_money(spending.events)}};
}

}  // namespace

std::string scene_to_text(const Report& report) {
    switch (report.scene.scene) {
        case Scene::pressure:
            return giving_way_of(report.giving_way);
        case Scene::budget:
            return thresholds_of(report.scene.spending) + raising_of(report.scene.spending);
        case Scene::workload:
            break;
    }
    return "";
}

json scene_to_json(const Report& report) {
    if (report.scene.scene == Scene::workload) {
        return nullptr;
    }
    json classes = json::array();
    for (const ClassRow& row : report.giving_way) {
        classes.push_back(to_json(row));
    }
    json scene{{"giving_way", classes}};
    if (report.scene.scene == Scene::budget) {
        scene["budget"] = to_json(report.scene.spending);
    }
    return scene;
}

}  // namespace replay
