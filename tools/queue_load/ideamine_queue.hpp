#pragma once

#include "queue.hpp"

class IdeamineQueue : public Queue {
  public:
    struct Use {
        bool keys = false;      // an idempotency key for each job
        bool exchange = false;  // completes the last jobs in the call that claims the next
    };

    explicit IdeamineQueue(Use use);

    void enqueue(int jobs) override;
    int work(int batch) override;
    void sleep_until_claimed() override;
    void complete_claimed() override;

  private:
    void enqueue_one();
    Rows claim(int batch);
    int claim_and_complete(int batch);
    int exchange(int batch);
    std::string next_job();

    Use use_;
    std::string worker_;
    std::string claimed_;  // as complete_jobs() takes it
    int claimed_count_ = 0;
    long created_ = 0;
};
