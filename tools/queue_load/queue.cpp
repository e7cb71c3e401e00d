#include "queue.hpp"

#include <stdexcept>

#include "hand_queue.hpp"
#include "ideamine_queue.hpp"
#include "pgq_queue.hpp"

void Queue::begin_with_job() {
    connection_.run("BEGIN");
    enqueue(1);
    announce();
}

std::unique_ptr<Queue> make_queue(const std::string& name, int number) {
    if (name == "ideamine") {
        return std::make_unique<IdeamineQueue>(IdeamineQueue::Use{});
    }
    if (name == "ideamine-keys") {
        return std::make_unique<IdeamineQueue>(IdeamineQueue::Use{.keys = true});
    }
    if (name == "ideamine-exchange") {
        return std::make_unique<IdeamineQueue>(IdeamineQueue::Use{.exchange = true});
    }
    if (name == "by-hand") {
        return std::make_unique<HandQueue>(HandQueue::Finished::are_kept);
    }
    if (name == "by-hand-deletes") {
        return std::make_unique<HandQueue>(HandQueue::Finished::are_deleted);
    }
    if (name == "pgq") {
        return std::make_unique<PgqQueue>(number);
    }
    throw std::invalid_argument("no queue named " + name);
}
