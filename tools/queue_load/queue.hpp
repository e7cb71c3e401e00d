#pragma once

#include <memory>
#include <string>

#include "connection.hpp"

// A queue as one connection sees it. Jobs are {"page": 17}, as small as jobs get: what is measured
// is the queue.
class Queue {
  public:
    Queue() = default;
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;
    virtual ~Queue() = default;

    // As many jobs in one call and one commit.
    virtual void enqueue(int jobs) = 0;

    // Claims up to so many jobs and completes as many as it does in the meantime. Returns how many
    // it completed: none if there was nothing to do.
    virtual int work(int batch) = 0;

    // Returns when a job is claimed; completes it.
    virtual void sleep_until_claimed() = 0;
    virtual void complete_claimed() = 0;

    // One job, in a transaction that commit() ends.
    void begin_with_job();
    void commit() { connection_.run("COMMIT"); }

  protected:
    // What the transaction of a new job says to those who sleep, if that is not the queue's doing.
    virtual void announce() {}

    Connection connection_;
};

// The names that main() knows; number says which of the load's connections it is, from 0.
std::unique_ptr<Queue> make_queue(const std::string& name, int number);
