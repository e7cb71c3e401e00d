// Looking at jobs without changing anything.
#pragma once

#include "ideamine/pg/function.hpp"

namespace ideamine::jobs {

// The status of a job. Throws ID404 if there is none. All of these inside a pg::Spi.
std::string require_job(const std::string& tenant, const Uuid& job);

// Adds the row of get_job(). Throws ID404.
void get_job(const std::string& tenant, const Uuid& job, pg::Returned& returned);

// Adds the rows of get_runnable_jobs().
void get_runnable_jobs(const std::string& tenant, std::int32_t max_jobs, Time at,
                       pg::Returned& returned);

// What a job belongs to, also if it is history; nothing if it is not known.
struct Belonging {
    std::optional<Uuid> run;
    std::optional<std::string> project;
};
Belonging belonging_of(const std::string& tenant, const Uuid& job);

[[noreturn]] void throw_unknown_job(const std::string& tenant, const Uuid& job);

}  // namespace ideamine::jobs
