#pragma once

#include "queue.hpp"

// PgQ hands a batch to one consumer, so that consumers that share the work have a queue each, as
// bench/peers/pgq.sql makes them, and a producer deals its events out to them.
class PgqQueue : public Queue {
  public:
    explicit PgqQueue(int number);

    void enqueue(int jobs) override;
    int work(int batch) override;
    void sleep_until_claimed() override;
    void complete_claimed() override;

  private:
    // The events of the next batch; its size is what the ticker made it.
    int next_batch();

    std::string own_;  // the queue that it consumes
    int next_target_;
    int targets_;
    std::string batch_;
    long created_ = 0;
};
