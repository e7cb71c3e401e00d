#include "ideamine_queue.hpp"

namespace {

// The jobs of an answer whose first columns are tenant_id, job_id, epoch, as complete_jobs() takes
// them. What exchange_jobs() says of earlier jobs has an answer in the fourth column, and is passed
// over.
std::string completions(const Rows& rows, int& count) {
    std::string text = "[";
    count = 0;
    for (int i = 0; i < rows.count(); ++i) {
        if (!rows.is_null(i, 3)) {
            continue;
        }
        text += count++ == 0 ? "" : ",";
        text += std::string{R"({"tenant_id":")"} + rows.at(i, 0) + R"(","job_id":")" +
                rows.at(i, 1) + R"(","epoch":)" + rows.at(i, 2) + R"(,"result":{"ok":true}})";
    }
    return text + "]";
}

}  // namespace

IdeamineQueue::IdeamineQueue(Use use) : use_{use} {
    worker_ = connection_.query("SELECT ideamine.register_worker('load')").at(0, 0);
    connection_.prepare("create", "SELECT created FROM ideamine.create_job(NULL, 'page', $1)");
    connection_.prepare("create with key",
                        "SELECT created FROM ideamine.create_job(NULL, 'page', $1, options => $2)");
    connection_.prepare("create many", "SELECT count(*) FROM ideamine.create_jobs(NULL, $1)");
    connection_.prepare(
        "acquire",
        "SELECT tenant_id, job_id, epoch, NULL, payload FROM ideamine.acquire_jobs($1, $2)");
    connection_.prepare("complete", "SELECT count(*) FROM ideamine.complete_jobs($1)");
    connection_.prepare(
        "exchange",
        "SELECT tenant_id, job_id, epoch, answer, payload FROM ideamine.exchange_jobs($1, $2, $3)");
}

std::string IdeamineQueue::next_job() {
    const auto page = std::to_string(++created_);
    std::string job = R"({"job_type":"page","payload":{"page":)" + page + "}";
    if (use_.keys) {
        job += R"(,"idempotency_key":")" + worker_ + "-" + page + "\"";
    }
    return job + "}";
}

void IdeamineQueue::enqueue_one() {
    const auto page = std::to_string(++created_);
    const auto payload = "{\"page\":" + page + "}";
    if (use_.keys) {
        connection_.execute("create with key",
                            {payload, R"({"idempotency_key":")" + worker_ + "-" + page + "\"}"});
    } else {
        connection_.execute("create", {payload});
    }
}

void IdeamineQueue::enqueue(int jobs) {
    if (jobs == 1) {
        enqueue_one();
        return;
    }
    std::string text = "[";
    for (int i = 0; i < jobs; ++i) {
        text += (i == 0 ? "" : ",") + next_job();
    }
    connection_.execute("create many", {text + "]"});
}

int IdeamineQueue::work(int batch) {
    return use_.exchange ? exchange(batch) : claim_and_complete(batch);
}

Rows IdeamineQueue::claim(int batch) {
    auto rows = connection_.execute("acquire", {worker_, std::to_string(batch)});
    claimed_ = completions(rows, claimed_count_);
    return rows;
}

int IdeamineQueue::claim_and_complete(int batch) {
    claim(batch);
    if (claimed_count_ > 0) {
        complete_claimed();
    }
    return claimed_count_;
}

int IdeamineQueue::exchange(int batch) {
    const int completed = claimed_count_;
    const auto rows = connection_.execute(
        "exchange", {worker_, completed > 0 ? claimed_ : "[]", std::to_string(batch)});
    claimed_ = completions(rows, claimed_count_);
    return completed;
}

void IdeamineQueue::sleep_until_claimed() {
    do {
        connection_.query("CALL ideamine.wait_for_jobs('" + worker_ + "', '1 minute')");
        claim(1);
    } while (claimed_count_ == 0);
}

void IdeamineQueue::complete_claimed() {
    connection_.execute("complete", {claimed_});
}
