// Writing the rows of new jobs and of the edges between them, each in one statement.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "ideamine/pg/table.hpp"
#include "jobs/job_request_json_sql.hpp"

namespace ideamine::jobs {

// What a new job begins with, beside its request.
struct Beginning {
    Uuid id;
    const char* status = "pending";
    std::int32_t open_dependencies = 0;
    std::int32_t dependents = 0;
    std::optional<std::int32_t> quorum = {};            // of a job that workers vote on
    std::optional<Uuid> quorum_of = {};                 // of a vote
    std::optional<PriorityClass> inherited_class = {};  // above its own
};

// The columns of the new rows, as the statement takes them.
class NewRows {
  public:
    void add(const NewJob& job, const Beginning& beginning);
    // Returns how many of them are pending.
    void write(const std::string& tenant) const;

  private:
    bool is_due(std::size_t i, Time now) const;
    void fill(pg::Table::NewRow& row, std::size_t i, const std::string& tenant, Time now) const;
    bool write_directly(const std::string& tenant, Time now) const;

    std::vector<Uuid> id_;
    std::vector<const char*> status_;
    std::vector<std::optional<Time>> run_at_;
    std::vector<std::int32_t> open_;
    std::vector<std::int32_t> dependents_;
    std::vector<std::string_view> job_type_;
    std::vector<std::string_view> queue_;
    std::vector<const char*> priority_class_;
    std::vector<std::string> required_capabilities_;
    std::vector<std::optional<pg::Json>> payload_;
    std::vector<std::optional<std::int32_t>> max_retries_;
    std::vector<std::optional<Duration>> retry_base_;
    std::vector<std::optional<double>> retry_factor_;
    std::vector<std::optional<Duration>> retry_cap_;
    std::vector<std::optional<Duration>> timeout_;
    std::vector<std::optional<std::string>> project_;
    std::vector<std::optional<Uuid>> run_;
    std::vector<std::optional<std::string>> phase_;
    std::vector<std::optional<std::string>> concurrency_key_;
    std::vector<std::optional<std::int32_t>> concurrency_limit_;
    std::vector<std::optional<std::int32_t>> quorum_;
    std::vector<std::optional<Uuid>> quorum_of_;
    std::vector<std::optional<std::string>> needs_;
    std::vector<std::string> lane_;
    std::vector<const char*> served_as_;
    std::vector<std::optional<std::string_view>> inherited_class_;
};

class NewEdges {
  public:
    void add(const Uuid& job, const Uuid& depends_on, FailurePolicy on_failure);
    void write(const std::string& tenant) const;

  private:
    std::vector<Uuid> jobs_;
    std::vector<Uuid> depends_on_;
    std::vector<const char*> policies_;
    bool all_cancel_ = true;
};

}  // namespace ideamine::jobs
