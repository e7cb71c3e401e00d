// A client that takes, gives back and records in random transactions, and ends them in every way.
#pragma once

#include <map>
#include <memory>
#include <random>

#include "quota_storm/tenants.hpp"

namespace storm {

// What happened how often.
using Counts = std::map<std::string, int>;

class Client {
  public:
    Client(std::string dsn, const std::vector<Tenant>& tenants, unsigned seed, int number);

    // One after the other. Throws Gone when the server is.
    void run(int transactions);
    const Counts& counts() const { return counts_; }

  private:
    enum class Ending { commits, rolls_back, vanishes, is_terminated, is_cancelled };

    int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    const Tenant& any_tenant() {
        return tenants_[static_cast<std::size_t>(draw(static_cast<int>(tenants_.size())))];
    }

    void transaction();
    void steps(Ending ending);
    void step();
    void end(Ending ending);
    void recover();
    void interrupt(Ending ending);

    std::string any_call();
    void call();

    std::string dsn_;
    const std::vector<Tenant>& tenants_;
    std::mt19937 random_;
    std::string begin_;
    std::unique_ptr<Session> session_;
    int depth_ = 0;  // of savepoints
    Counts counts_;
};

}  // namespace storm
