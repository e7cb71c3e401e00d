#include "replay/report.hpp"

#include "replay/scene_report.hpp"
#include "replay/table.hpp"
#include "replay/text.hpp"

namespace replay {

using nlohmann::json;

namespace {

std::string number(std::size_t value) {
    return format_count(static_cast<std::int64_t>(value));
}

Cells cells_of(const Row& row) {
    return {row.tenant,
            row.priority_class,
            number(row.created),
            number(row.completed),
            number(row.retried),
            number(row.lost),
            number(row.dead),
            number(row.cancelled),
            format_decimal(row.wait_p50_s, 3),
            format_decimal(row.wait_p99_s, 3),
            format_decimal(row.completed_per_s, 1)};
}

std::string table_of(const Summary& summary) {
    const Cells header{"tenant", "class",     "created",    "completed",  "retried", "lost",
                       "dead",   "cancelled", "wait p50 s", "wait p99 s", "jobs/s"};
    std::vector<Cells> rows;
    for (const Row& row : summary.rows) {
        rows.push_back(cells_of(row));
    }
    rows.push_back(cells_of(summary.total));
    return render_table(header, rows, 2);
}

std::string graphs_of(const std::vector<GraphRow>& graphs) {
    if (graphs.empty()) {
        return "";
    }
    std::vector<Cells> rows;
    std::string refusals;
    for (const GraphRow& graph : graphs) {
        rows.push_back({graph.name, number(graph.tasks), number(graph.edges),
                        graph.depth ? number(*graph.depth) : "cyclic", number(graph.waves)});
        if (graph.refusal) {
            refusals += "refused: " + graph.name + ": " + *graph.refusal + '\n';
        }
    }
    return render_table({"graph", "tasks", "edges", "depth", "waves"}, rows, 1) + refusals + '\n';
}

std::string sums_of(const Summary& summary) {
    return "completed " + number(summary.sums.rows) + " jobs in " +
           format_decimal(summary.elapsed_s, 1) + " s, with " +
           format_count(summary.sums.context_tokens) + " input and " +
           format_count(summary.sums.generated_tokens) + " output tokens\n";
}

std::string workers_of(const Report& report) {
    const Tally& tally = report.tally;
    return "workers: " + number(tally.vanished) + " vanished, " + number(tally.given_up) +
           " given up by the server, " + number(tally.reconnects) + " reconnected; " +
           number(report.unknown) + " answers lost, " + number(tally.failures) +
           " failures reported, " + number(tally.stale) + " late results refused, " +
           number(tally.stops) + " told to stop\n";
}

std::string verdict_of(const Verdict& verdict) {
    std::string text;
    for (const Check& check : verdict.checks) {
        text += (check.good() ? "  ok   " : "  BAD  ") + check.question() + " (" +
                number(check.looked_at()) + " looked at";
        text += check.good() ? ")\n" : ", " + number(check.faults()) + " faults)\n";
        for (const std::string& example : check.examples()) {
            text += "         " + example + '\n';
        }
    }
    return text + "verdict: " + (verdict.good() ? "good" : "bad") + '\n';
}

json to_json(const Row& row) {
    return {{"tenant", row.tenant},
            {"class", row.priority_class},
            {"created", row.created},
            {"completed", row.completed},
            {"retried", row.retried},
            {"lost", row.lost},
            {"dead", row.dead},
            {"cancelled", row.cancelled},
            {"wait_p50_s", row.wait_p50_s},
            {"wait_p99_s", row.wait_p99_s},
            {"completed_per_s", row.completed_per_s}};
}

json to_json(const Check& check) {
    return {{"question", check.question()},
            {"good", check.good()},
            {"looked_at", check.looked_at()},
            {"faults", check.faults()},
            {"examples", check.examples()}};
}

json to_json(const GraphRow& graph) {
    return {{"name", graph.name},   {"tasks", graph.tasks},
            {"edges", graph.edges}, {"depth", graph.depth ? json(*graph.depth) : json()},
            {"waves", graph.waves}, {"refused", graph.refusal ? json(*graph.refusal) : json()}};
}

json to_json(const Tally& tally) {
    return {{"vanished", tally.vanished.load()},     {"given_up", tally.given_up.load()},
            {"reconnects", tally.reconnects.load()}, {"failures", tally.failures.load()},
            {"stale", tally.stale.load()},           {"stops", tally.stops.load()}};
}

}  // namespace

std::string to_text(const Report& report) {
    return graphs_of(report.graphs) + table_of(report.summary) + '\n' + sums_of(report.summary) +
           workers_of(report) + scene_to_text(report) + '\n' + verdict_of(report.verdict);
}

json to_json(const Report& report) {
    json rows = json::array();
    for (const Row& row : report.summary.rows) {
        rows.push_back(to_json(row));
    }
    json checks = json::array();
    for (const Check& check : report.verdict.checks) {
        checks.push_back(to_json(check));
    }
    json graphs = json::array();
    for (const GraphRow& graph : report.graphs) {
        graphs.push_back(to_json(graph));
    }
    return {{"label", report.label},
            {"verdict", report.verdict.good() ? "good" : "bad"},
            {"rows", report.summary.sums.rows},
            {"context_tokens", report.summary.sums.context_tokens},
            {"generated_tokens", report.summary.sums.generated_tokens},
            {"elapsed_s", report.summary.elapsed_s},
            {"total", to_json(report.summary.total)},
            {"groups", rows},
            {"graphs", graphs},
            {"workers", to_json(report.tally)},
            {"answers_lost", report.unknown},
            {"scene", scene_to_json(report)},
            {"checks", checks}};
}

}  // namespace replay
