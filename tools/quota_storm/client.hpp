// A client that calls at random in transactions which end in every way there is.
#pragma once

#include <map>
#include <memory>

#include "quota_storm/calls.hpp"

namespace storm {

// What happened how often.
using Counts = std::map<std::string, int>;

class Client {
  public:
    // In its sessions `fault` is set, which may end them.
    Client(std::string dsn, const std::vector<Tenant>& tenants, unsigned seed, int number,
           std::string fault);

    // One after the other. Throws Gone when the server is.
    void run(int transactions);
    const Counts& counts() const { return counts_; }

  private:
    enum class Ending { commits, rolls_back, vanishes, is_terminated, is_cancelled };

    void connect();
    void transaction();
    void steps(Ending ending);
    void step();
    void end(Ending ending);
    void recover();
    void interrupt(Ending ending);

    std::string any_call();
    void call();
    void look_at(const Row& row, const std::string& sql);

    std::string dsn_;
    std::string fault_;
    Calls calls_;
    std::string begin_;
    std::unique_ptr<Session> session_;
    std::string worker_;
    std::vector<Lease> leases_;
    int depth_ = 0;  // of savepoints
    Counts counts_;
};

}  // namespace storm
