// SPDX-License-Identifier: Apache-2.0
// Read/write locks: who may acquire one again, and what is reported.
#include "test_stack.h"

namespace {

class NdisRwLock : public StackTest {
protected:
    void begin() {
        start();
        lock_ = NdisAllocateRWLock(miniport_.adapter);
        ASSERT_NE(lock_, nullptr);
    }
    void end() {
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        NdisFreeRWLock(lock_);
        stop();
    }
    PNDIS_RW_LOCK_EX lock_ = nullptr;
    LOCK_STATE_EX outer_{}, inner_{};
};

TEST_F(NdisRwLock, AReaderMayReadAgain) {
    begin();
    NdisAcquireRWLockRead(lock_, &outer_, 0);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisAcquireRWLockRead(lock_, &inner_, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock_, &inner_);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(lock_, &outer_);
    end();
}

TEST_F(NdisRwLock, AWriterMayReadAndWriteAgain) {
    begin();
    NdisAcquireRWLockWrite(lock_, &outer_, 0);
    NdisAcquireRWLockWrite(lock_, &inner_, 0);
    NdisReleaseRWLock(lock_, &inner_);
    NdisAcquireRWLockRead(lock_, &inner_, 0);
    NdisReleaseRWLock(lock_, &inner_);
    NdisReleaseRWLock(lock_, &outer_);
    end();
}

TEST_F(NdisRwLock, AReaderThatWritesIsReported) {
    begin();
    NdisAcquireRWLockRead(lock_, &outer_, 0);
    NdisAcquireRWLockWrite(lock_, &inner_, 0);
    EXPECT_TRUE(violated("ndis.rw_lock"));
    NdisReleaseRWLock(lock_, &inner_);
    NdisReleaseRWLock(lock_, &outer_);
    end();
}

TEST_F(NdisRwLock, AReleaseOfWhatIsNotHeldIsReported) {
    begin();
    NdisAcquireRWLockRead(lock_, &outer_, 0);
    inner_ = outer_;
    NdisReleaseRWLock(lock_, &outer_);
    EXPECT_FALSE(violated("ndis.rw_lock"));
    inner_.OldIrql = DISPATCH_LEVEL;
    NdisReleaseRWLock(lock_, &inner_);
    EXPECT_TRUE(violated("ndis.rw_lock"));
    end();
}

}  // namespace
