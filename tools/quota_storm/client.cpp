#include "quota_storm/client.hpp"

#include <array>
#include <chrono>
#include <thread>

namespace storm {

namespace {

constexpr std::array isolation_levels{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
constexpr std::array resources{"cpu",  "memory", "storage",        "tokens",
                               "cost", "gpu",    "concurrent_runs"};
constexpr std::array gauges{"cpu", "memory", "storage", "gpu", "concurrent_runs"};

// What one asks for: some finer than the resource is counted, which rounds up.
constexpr std::array amounts{"1",     "2",     "0.5",         "0.001",       "0.0001",
                             "1.337", "0.125", "0.000000001", "0.999999999", "3.1"};

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}

// What random transactions may run into.
bool is_expected(const std::string& sqlstate) {
    return sqlstate == "40001" || sqlstate == "40P01" ||  // conflicts of transactions
           sqlstate == "22012" ||                         // made on purpose
           sqlstate == "57014";                           // cancelled
}

}  // namespace

Client::Client(std::string dsn, const std::vector<Tenant>& tenants, unsigned seed, int number)
    : dsn_(std::move(dsn)),
      tenants_(tenants),
      random_(seed * 1000 + static_cast<unsigned>(number)),
      begin_(std::string{"BEGIN ISOLATION LEVEL "} +
             isolation_levels.at(static_cast<std::size_t>(number) % isolation_levels.size())) {}

void Client::run(int transactions) {
    for (int i = 0; i < transactions; ++i) {
        if (session_ == nullptr) {
            session_ = std::make_unique<Session>(dsn_);
        }
        transaction();
    }
}

void Client::transaction() {
    const auto die = draw(20);
    const auto ending = die < 11   ? Ending::commits
                        : die < 16 ? Ending::rolls_back
                        : die < 17 ? Ending::vanishes
                        : die < 18 ? Ending::is_terminated
                                   : Ending::is_cancelled;
    try {
        steps(ending);
    } catch (const Failed& failure) {
        if (!is_expected(failure.sqlstate())) {
            throw;
        }
        ++counts_["failed with " + failure.sqlstate()];
        session_->run("ROLLBACK");
    }
}

void Client::steps(Ending ending) {
    session_->run(begin_);
    depth_ = 0;
    for (int left = 1 + draw(7); left > 0; --left) {
        try {
            step();
        } catch (const Failed& failure) {
            if (depth_ == 0 || !is_expected(failure.sqlstate())) {
                throw;
            }
            recover();
        }
    }
    end(ending);
}

void Client::step() {
    switch (draw(10)) {
        case 0:
        case 1:
            session_->run("SAVEPOINT s" + std::to_string(++depth_));
            break;
        case 2:
            if (depth_ > 0) {
                session_->run("RELEASE SAVEPOINT s" + std::to_string(depth_--));
            }
            break;
        case 3:
            if (depth_ > 0) {
                recover();
            }
            break;
        case 4:
            if (depth_ > 0) {
                session_->run("SELECT 1 / 0");
            }
            break;
        default:
            call();
    }
}

// To any savepoint, which stays, as do those around it.
void Client::recover() {
    depth_ = 1 + draw(depth_);
    session_->run("ROLLBACK TO SAVEPOINT s" + std::to_string(depth_));
    ++counts_["rolled back to a savepoint"];
}

void Client::end(Ending ending) {
    switch (ending) {
        case Ending::commits:
            session_->run("COMMIT");
            ++counts_["committed"];
            break;
        case Ending::rolls_back:
            session_->run("ROLLBACK");
            ++counts_["rolled back"];
            break;
        case Ending::vanishes:
            if (draw(2) == 0) {
                session_->send(any_call() + "; SELECT pg_sleep(0.001)");
            }
            session_->vanish();
            session_.reset();
            ++counts_["vanished"];
            break;
        case Ending::is_terminated:
        case Ending::is_cancelled:
            interrupt(ending);
    }
}

// In the middle of a statement, or after it.
void Client::interrupt(Ending ending) {
    session_->send(any_call() + (draw(2) == 0 ? "; SELECT pg_sleep(0.001)" : ""));
    std::this_thread::sleep_for(std::chrono::microseconds{draw(800)});
    if (ending == Ending::is_cancelled) {
        session_->cancel();
        session_->receive();
        session_->run("COMMIT");
        ++counts_["committed"];
        return;
    }
    Session killer{dsn_};
    killer.run("SELECT pg_terminate_backend(" + std::to_string(session_->process()) + ")");
    try {
        session_->receive();
        session_->run("COMMIT");
        ++counts_["committed"];
    } catch (const Gone&) {
        ++counts_["terminated"];
    }
    session_.reset();
}

std::string Client::any_call() {
    const auto& tenant = any_tenant();
    const std::string resource = resources.at(static_cast<std::size_t>(draw(resources.size())));
    const std::string amount = amounts.at(static_cast<std::size_t>(draw(amounts.size())));
    const std::string arguments = quoted(tenant.id) + ", " + quoted(resource) + ", " +
                                  (resource == "tokens" ? std::to_string(1 + draw(60)) : amount);
    const std::string urgent = draw(2) == 0 ? ", priority_class => 'P0')" : ")";
    // what was allowed is never above the limit, as the answer itself says
    const auto columns = "SELECT allowed, burst_allowed, allowed AND current > \"limit\" * " +
                         tenant.burst + " FROM ideamine.";
    switch (draw(8)) {
        case 0:
        case 1:
        case 2: {
            const std::string gauge = gauges.at(static_cast<std::size_t>(draw(gauges.size())));
            return "SELECT ideamine.release_quota(" + quoted(tenant.id) + ", " + quoted(gauge) +
                   ", " + amount + ")";
        }
        case 3:
            if (tenant.records) {
                return "SELECT ideamine.record_usage(" + arguments + ")";
            }
            [[fallthrough]];
        case 4:
            return columns + "enforce_quotas(" + quoted(tenant.id) + ", '{\"cpu\": " + amount +
                   ", \"memory\": " + amount + ", \"cost\": 0.01}'" + urgent;
        default:
            return columns + "enforce_quota(" + arguments + urgent;
    }
}

void Client::call() {
    const auto sql = any_call();
    for (const auto& row : session_->run(sql)) {
        if (row.size() > 1) {
            if (row[2] == "t") {
                throw std::logic_error("more was allowed than the limit: " + sql);
            }
            ++counts_[row[0] == "t" ? "allowed" : "refused"];
            counts_["burst"] += row[0] == "t" && row[1] == "t" ? 1 : 0;
        } else {
            ++counts_["released or recorded"];
        }
    }
}

}  // namespace storm
