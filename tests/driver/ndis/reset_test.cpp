// SPDX-License-Identifier: Apache-2.0
// Reset, check-for-hang, surprise removal, and loopback between bindings.
#include "test_filter.h"

namespace {

using Nbls = std::vector<PNET_BUFFER_LIST>;

class NdisReset : public FilterTest {
protected:
    TestFilter filter_;
};

TEST_F(NdisReset, BeginsAndEndsWithAnIndicationAndSetsTheFilterAgain) {
    miniport_.has_reset = true;
    miniport_.addressing_reset = TRUE;
    reload();
    start();
    miniport_.filters.clear();
    EXPECT_EQ(ndis_reset(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol_.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END}));
    EXPECT_EQ(miniport_.filters, (std::vector<ULONG>{NDIS_PACKET_TYPE_PROMISCUOUS}));
    stop();
}

TEST_F(NdisReset, SendsMeanwhileComeBackWithItsStatus) {
    miniport_.has_reset = true;
    miniport_.reset_pends = true;
    reload();
    add(filter_, "filter");
    start();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    struct Meanwhile {
        NdisReset* test;
        PNET_BUFFER_LIST nbl;
        static void run(void* arg) {
            auto* self = static_cast<Meanwhile*>(arg);
            self->test->protocol_.send({self->nbl});
            NdisMResetComplete(self->test->miniport_.adapter, NDIS_STATUS_SUCCESS, FALSE);
        }
    } meanwhile{this, nbl};
    platform* seam = kernel_platform(kernel_);
    seam->ops->timer_start(seam->ctx, 1000, Meanwhile::run, &meanwhile);
    EXPECT_EQ(ndis_reset(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol_.completed, (Nbls{nbl}));
    EXPECT_EQ(nbl->Status, NDIS_STATUS_RESET_IN_PROGRESS);
    EXPECT_TRUE(miniport_.held.empty());
    free_nbl(nbl);
    stop();
}

TEST_F(NdisReset, AMiniportThatHangsIsReset) {
    miniport_.has_reset = true;
    miniport_.hangs = true;
    reload();
    start();
    sleep_us(2100000);  // asked every two seconds
    EXPECT_EQ(protocol_.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END}));
    stop();
}

TEST_F(NdisReset, AMiniportWithoutAHandlerIsNotReset) {
    start();
    EXPECT_EQ(ndis_reset(ndis_, "nic0"), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

TEST_F(NdisReset, ASurpriseRemovalTellsTheDriversAndTakesTheStackDown) {
    filter_.sees_events = true;
    add(filter_, "filter");
    start();
    miniport_.calls.clear();
    protocol_.calls.clear();
    PNET_BUFFER_LIST nbl = make_nbl(60);
    protocol_.send({nbl});
    miniport_.complete_on_removal = true;
    EXPECT_EQ(ndis_surprise_remove(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(filter_.device_events, (std::vector<NDIS_DEVICE_PNP_EVENT>{NdisDevicePnPEventSurpriseRemoved}));
    EXPECT_EQ(miniport_.calls, "pause halt ");
    EXPECT_EQ(miniport_.halt_action, NdisHaltDeviceSurpriseRemoved);
    EXPECT_EQ(protocol_.calls, "pause unbind ");
    EXPECT_EQ(protocol_.completed, (Nbls{nbl}));
    EXPECT_EQ(filter_.attached, 0u);
    free_nbl(nbl);
    stop();
}

TEST_F(NdisReset, ARemovalWaitsForTheResetThatIsInTheMiniport) {
    miniport_.has_reset = true;
    miniport_.reset_pends = true;
    reload();
    start();
    miniport_.calls.clear();
    protocol_.calls.clear();
    platform* seam = kernel_platform(kernel_);
    platform_thread* resetting = seam->ops->thread_create(seam->ctx, "reset", [](void* arg) {
        EXPECT_EQ(ndis_reset(static_cast<NdisReset*>(arg)->ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    }, this);
    sleep_us(1);
    seam->ops->timer_start(seam->ctx, 50000, [](void* arg) {
        auto* self = static_cast<NdisReset*>(arg);
        self->miniport_.calls += "reset ";
        NdisMResetComplete(self->miniport_.adapter, NDIS_STATUS_SUCCESS, FALSE);
    }, this);
    EXPECT_EQ(ndis_surprise_remove(ndis_, "nic0"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(miniport_.calls, "reset pause halt ");
    EXPECT_EQ(protocol_.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END})) << "while it was bound";
    seam->ops->thread_join(seam->ctx, resetting);
    stop();
}

class NdisLoopback : public StackTest {
protected:
    NdisLoopback() {
        miniport_.mac_options = NDIS_MAC_OPTION_NO_LOOPBACK;
        EXPECT_EQ(ndis_load_driver(ndis_, "otherproto", test_protocol_entry, &other_), NDIS_STATUS_SUCCESS);
    }
    PNET_BUFFER_LIST broadcast() {
        PNET_BUFFER_LIST nbl = make_nbl(60);
        memset(bytes_of(nbl), 0xFF, 6);
        return nbl;
    }
    void end(PNET_BUFFER_LIST nbl) {
        EXPECT_EQ(miniport_.held, (Nbls{nbl}));  // it went out as well
        miniport_.complete_all();
        free_nbl(nbl);
        stop();
    }
    TestProtocol other_;
};

TEST_F(NdisLoopback, APromiscuousBindingHearsWhatTheOtherSends) {
    start();
    PNET_BUFFER_LIST nbl = broadcast();
    protocol_.send({nbl});
    ASSERT_EQ(other_.received.size(), 1u);
    EXPECT_NE(other_.received[0], nbl);  // a copy
    EXPECT_TRUE(NDIS_TEST_RECEIVE_CANNOT_PEND(other_.receive_flags[0]));
    EXPECT_TRUE(other_.saw_loopback);
    EXPECT_TRUE(protocol_.received.empty());  // nobody hears himself
    end(nbl);
}

TEST_F(NdisLoopback, OthersHearOnlyWhenTheSenderAsksForIt) {
    protocol_.filter = other_.filter = NDIS_PACKET_TYPE_BROADCAST;
    start();
    PNET_BUFFER_LIST nbl = broadcast();
    protocol_.send({nbl});
    EXPECT_TRUE(other_.received.empty());
    miniport_.complete_all();
    protocol_.send({nbl}, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    EXPECT_EQ(other_.received.size(), 1u);
    EXPECT_EQ(protocol_.received.size(), 1u);  // the sender too
    end(nbl);
}

TEST_F(NdisLoopback, ANicThatLoopsBackItselfIsLeftToIt) {
    miniport_.mac_options = 0;
    start();
    PNET_BUFFER_LIST nbl = broadcast();
    protocol_.send({nbl});
    EXPECT_TRUE(other_.received.empty());
    end(nbl);
}

}  // namespace
