#include "pgq_queue.hpp"

#include <chrono>
#include <thread>

namespace {

std::string queue_name(int number) {
    return "load_" + std::to_string(number);
}

}  // namespace

PgqQueue::PgqQueue(int number) {
    targets_ = std::stoi(connection_.query("SELECT count(*) FROM pgq.queue").at(0, 0));
    next_target_ = number % targets_;
    own_ = queue_name(next_target_);
    connection_.prepare("insert", "SELECT pgq.insert_event($1, 'page', $2)");
    connection_.prepare("next batch", "SELECT pgq.next_batch($1, 'load')");
    connection_.prepare("events", "SELECT ev_id, ev_data FROM pgq.get_batch_events($1)");
    connection_.prepare("finish", "SELECT pgq.finish_batch($1)");
    connection_.prepare("table", "SELECT pgq.current_event_table($1)");
}

void PgqQueue::enqueue(int jobs) {
    const auto target = queue_name(next_target_);
    next_target_ = (next_target_ + 1) % targets_;
    if (jobs == 1) {
        connection_.execute("insert", {target, "{\"page\":" + std::to_string(++created_) + "}"});
        return;
    }
    std::string lines;
    for (int i = 0; i < jobs; ++i) {
        lines += "now\tpage\t{\"page\":" + std::to_string(++created_) + "}\n";
    }
    // the name of the table holds for the transaction
    connection_.run("BEGIN");
    const std::string table = connection_.execute("table", {target}).at(0, 0);
    connection_.copy("COPY " + table + " (ev_time, ev_type, ev_data) FROM STDIN", lines);
    connection_.run("COMMIT");
}

int PgqQueue::next_batch() {
    const auto batch = connection_.execute("next batch", {own_});
    if (batch.is_null(0, 0)) {
        batch_.clear();
        return 0;
    }
    batch_ = batch.at(0, 0);
    return connection_.execute("events", {batch_}).count();
}

int PgqQueue::work(int /*batch*/) {
    int events = 0;
    do {
        events = next_batch();
        complete_claimed();
    } while (events == 0 && !batch_.empty());
    return events;
}

void PgqQueue::sleep_until_claimed() {
    while (next_batch() == 0) {
        complete_claimed();
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

void PgqQueue::complete_claimed() {
    if (!batch_.empty()) {
        connection_.execute("finish", {batch_});
    }
}
