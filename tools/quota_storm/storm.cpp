#include "quota_storm/storm.hpp"

#include "quota_storm/views.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace storm {

namespace {

// What all threads of a storm share.
class Findings {
  public:
    void add(const std::string& finding) {
        const std::lock_guard guard{mutex_};
        all_.push_back(finding);
        failed_ = true;
    }
    void add(const std::string& what, const Rows& rows) {
        for (const auto& row : rows) {
            std::string text = what;
            for (const auto& value : row) {
                text += ' ' + value;
            }
            add(text);
        }
    }
    bool failed() const { return failed_; }
    std::vector<std::string> all() const { return all_; }

  private:
    std::mutex mutex_;
    std::vector<std::string> all_;
    std::atomic<bool> failed_ = false;
};

class Storm {
  public:
    Storm(const Options& options, Counts& counts)
        : options_(options), counts_(counts), tenants_(tenants_of(options.seed)) {}

    std::vector<std::string> run() {
        Session session{options_.dsn};
        make_all(session, tenants_, options_.seed);
        {
            const auto watchers = watch();
            std::vector<std::jthread> clients;
            clients.reserve(static_cast<std::size_t>(options_.clients));
            for (int number = 0; number < options_.clients; ++number) {
                clients.push_back(start([this, number] { run_client(number); }));
            }
            clients.clear();
            over_ = true;
        }
        return findings_.all();
    }

  private:
    std::vector<std::jthread> watch() {
        std::vector<std::jthread> watchers;
        for (const auto* view : {"wrong_counters", "wrong_sums"}) {
            watchers.push_back(start([this, view] { look_at(view); }));
        }
        watchers.push_back(start([this] { change_limits(); }));
        return watchers;
    }

    std::jthread start(std::function<void()> work) {
        return std::jthread{[this, work = std::move(work)] {
            try {
                work();
            } catch (const std::exception& error) {
                if (!options_.until_gone || is_served()) {
                    findings_.add(error.what());
                }
            }
        }};
    }

    // What a server says last, while it is dying, may be any error.
    bool is_served() const {
        try {
            const Session session{options_.dsn};
            return true;
        } catch (const Gone&) {
            return false;
        }
    }

    void run_client(int number) {
        Client client{options_.dsn, tenants_, options_.seed, number, options_.fault};
        client.run(options_.transactions);
        const std::lock_guard guard{mutex_};
        for (const auto& [what, times] : client.counts()) {
            counts_[what] += times;
        }
    }

    void look_at(const std::string& view) {
        const auto sql =
            "SELECT * FROM storm." + view + " WHERE seed = " + std::to_string(options_.seed);
        Session session{options_.dsn};
        int looks = 0;
        for (; !over_ && !findings_.failed(); ++looks) {
            const auto begin = std::chrono::steady_clock::now();
            findings_.add(view, session.run(sql));
            // half of the time is for those who are looked at
            std::this_thread::sleep_for(std::chrono::steady_clock::now() - begin);
        }
        const std::lock_guard guard{mutex_};
        counts_["looks"] += looks;
    }

    // Of one tenant; half of the changes are undone.
    void change_limits() {
        Session session{options_.dsn};
        std::mt19937 random{options_.seed};
        for (; !over_; std::this_thread::sleep_for(std::chrono::milliseconds{random() % 20})) {
            session.run("BEGIN");
            for (const auto& tenant : tenants_) {
                if (tenant.changes) {
                    session.run("SELECT ideamine.set_quotas('" + tenant.id +
                                "', max_cpu_cores => " + std::to_string(random() % 12) +
                                ", max_memory_gb => " + std::to_string(random() % 12) + ")");
                    session.run("SELECT ideamine.has_quota('" + tenant.id + "', 'cpu', 1)");
                }
            }
            session.run(random() % 2 == 0 ? "COMMIT" : "ROLLBACK");
        }
    }

    const Options& options_;
    Counts& counts_;
    std::vector<Tenant> tenants_;
    Findings findings_;
    std::mutex mutex_;
    std::atomic<bool> over_ = false;
};

// A session whose client has gone is there until it notices, and the day of a tenant may be about
// to end.
void wait_for_quiet(Session& session) {
    constexpr auto others =
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'quota_storm'"
        " AND pid <> pg_backend_pid()";
    while (!session.run(others).empty()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    session.run(
        "SELECT pg_sleep_until(max(time_zone_since)) FROM ideamine.tenant_quotas"
        " WHERE time_zone_since < now() + interval '1 minute'");
}

}  // namespace

std::vector<std::string> run(const Options& options, Counts& counts) {
    return Storm{options, counts}.run();
}

std::vector<std::string> verify(const Options& options) {
    Session session{options.dsn};
    session.run(make_views);
    wait_for_quiet(session);
    Findings findings;
    findings.add("differences", session.run("SELECT * FROM storm.differences ORDER BY 1, 2"));
    return findings.all();
}

}  // namespace storm
