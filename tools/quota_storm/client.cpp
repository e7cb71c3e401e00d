#include "quota_storm/client.hpp"

#include <array>
#include <chrono>
#include <thread>

namespace storm {

namespace {

constexpr std::array isolation_levels{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};
// What random transactions may run into.
bool is_expected(const std::string& sqlstate) {
    return sqlstate == "40001" || sqlstate == "40P01" ||  // conflicts of transactions
           sqlstate == "22012" ||                         // made on purpose
           sqlstate == "57014" ||                         // cancelled
           sqlstate == "ID409" || sqlstate == "ID404";    // a lease that is gone
}

}  // namespace

Client::Client(std::string dsn, const std::vector<Tenant>& tenants, unsigned seed, int number,
               std::string fault)
    : dsn_(std::move(dsn)),
      fault_(std::move(fault)),
      calls_(tenants, seed * 1000 + static_cast<unsigned>(number)),
      begin_(std::string{"BEGIN ISOLATION LEVEL "} +
             isolation_levels.at(static_cast<std::size_t>(number) % isolation_levels.size())) {}

void Client::run(int transactions) {
    for (int i = 0; i < transactions; ++i) {
        if (session_ == nullptr) {
            connect();
        }
        transaction();
    }
}

void Client::connect() {
    session_ = std::make_unique<Session>(dsn_);
    if (worker_.empty()) {
        worker_ = session_->run("SELECT ideamine.register_worker('storm', '{}', 100)")[0][0];
    }
    if (!fault_.empty()) {
        session_->run("SET ideamine.fault = " + literal(fault_));
    }
}

void Client::transaction() {
    const auto die = calls_.draw(20);
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
    } catch (const Gone&) {
        if (fault_.empty()) {
            throw;
        }
        ++counts_["lost"];
        session_.reset();
    }
}

void Client::steps(Ending ending) {
    session_->run(begin_);
    depth_ = 0;
    for (int left = 1 + calls_.draw(7); left > 0; --left) {
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
    switch (calls_.draw(10)) {
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
    depth_ = 1 + calls_.draw(depth_);
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
            if (calls_.draw(2) == 0) {
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
    session_->send(any_call() + (calls_.draw(2) == 0 ? "; SELECT pg_sleep(0.001)" : ""));
    std::this_thread::sleep_for(std::chrono::microseconds{calls_.draw(800)});
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
    } catch (const Failed& failure) {
        if (!is_expected(failure.sqlstate())) {
            throw;
        }
        ++counts_["failed with " + failure.sqlstate()];
    }
    session_.reset();
}

std::string Client::any_call() {
    switch (calls_.draw(10)) {
        case 0:
            return calls_.of_user();
        case 1:
            return calls_.create_job();
        case 2:
            return calls_.acquire(worker_);
        case 3:
        case 4:
            if (!leases_.empty()) {
                const auto lease = leases_.back();
                leases_.pop_back();
                return calls_.end(lease);
            }
            [[fallthrough]];
        default:
            return calls_.of_quota();
    }
}

void Client::call() {
    const auto sql = any_call();
    for (const auto& row : session_->run(sql)) {
        look_at(row, sql);
    }
}

void Client::look_at(const Row& row, const std::string& sql) {
    if (row.size() == 4) {
        leases_.push_back({row[0], row[1], row[2]});
        ++counts_["leased"];
    } else if (row.size() == 3) {
        // what was allowed is never above the limit, as the answer itself says
        if (row[2] == "t") {
            throw std::logic_error("more was allowed than the limit: " + sql);
        }
        ++counts_[row[0] == "t" ? "allowed" : "refused"];
        counts_["burst"] += row[1] == "t" ? 1 : 0;
    } else {
        ++counts_["others"];
    }
}

}  // namespace storm
