/* SPDX-License-Identifier: Apache-2.0 */
/* tcpip.c: lwIP's interface over the binding, and the thread that all of lwIP runs in. */
#include "tcpip_internal.h"

#include <lwip/etharp.h>
#include <lwip/ip4_frag.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <stdio.h>
#include <stdlib.h>

enum { PREFIX_MOST = 30 };

/* "192.0.2.2/24" */
static bool parse_address(const char *text, ip4_addr_t *address, ip4_addr_t *mask) {
    char host[IP4ADDR_STRLEN_MAX + 1];
    const char *slash = strchr(text, '/');
    char *end;
    if (!slash || slash == text || slash - text > IP4ADDR_STRLEN_MAX) return false;
    RtlCopyMemory(host, text, (size_t)(slash - text));
    host[slash - text] = '\0';
    const unsigned long prefix = strtoul(slash + 1, &end, 10);
    if (slash[1] < '0' || slash[1] > '9' || *end || prefix < 1 || prefix > PREFIX_MOST || !ip4addr_aton(host, address)) return false;
    mask->addr = lwip_htonl(~UINT32_C(0) << (32 - prefix));
    return true;
}

static err_t init_netif(struct netif *netif) {
    netif->name[0] = 'n';
    netif->name[1] = 'd';
    netif->mtu = TCPIP_MTU;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = tcpip_output;
    return ERR_OK;
}

static NDIS_STATUS add_netif(struct tcpip *tcpip, const NDIS_BIND_PARAMETERS *parameters) {
    ip4_addr_t address, mask, none = {0};
    if (!parse_address(tcpip->traffic->config.tcpip, &address, &mask)) return NDIS_STATUS_INVALID_PARAMETER;
    tcpip->netif.hwaddr_len = ETH_HWADDR_LEN;
    RtlCopyMemory(tcpip->netif.hwaddr, parameters->CurrentMacAddress, ETH_HWADDR_LEN);
    if (!netif_add(&tcpip->netif, &address, &mask, &none, tcpip, init_netif, ethernet_input)) return NDIS_STATUS_RESOURCES;
    netif_set_default(&tcpip->netif);
    netif_set_up(&tcpip->netif);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS tcpip_make(struct traffic *traffic, const NDIS_BIND_PARAMETERS *parameters) {
    struct tcpip *tcpip = kernel_allocate(traffic->kernel, sizeof(*tcpip), TCPIP_TAG);
    if (!tcpip) return NDIS_STATUS_RESOURCES;
    tcpip->traffic = traffic;
    tcpip->received_end = &tcpip->received;
    traffic->tcpip = tcpip;
    if (!tcpip_port_attach(traffic->kernel)) {
        snprintf(traffic->problem, sizeof(traffic->problem), "lwIP has one stack in a process, and it is in use");
        traffic->tcpip = NULL;
        kernel_free(tcpip);
        return NDIS_STATUS_FAILURE;
    }
    traffic->scratch = kernel_allocate(traffic->kernel, ETH_MAX_FRAME, TCPIP_TAG);
    NDIS_STATUS status = traffic->scratch ? tcpip_sends_make(tcpip) : NDIS_STATUS_RESOURCES;
    if (status == NDIS_STATUS_SUCCESS) status = tcpip_loans_make(tcpip);
    if (status == NDIS_STATUS_SUCCESS) status = add_netif(tcpip, parameters);
    if (status == NDIS_STATUS_SUCCESS && tcpip_http_start(tcpip) != ERR_OK) status = NDIS_STATUS_RESOURCES;
    return status;
}

/* How long the thread may wait, in ns; 0: for ever. lwIP says UINT32_MAX when it has no timer. */
static uint64_t patience_ns(void) {
    const u32_t ms = sys_timeouts_sleeptime();
    return ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? 0 : UINT64_C(1000000) * (ms ? ms : 1);
}

void tcpip_thread(void *arg) {
    struct traffic *traffic = arg;
    struct tcpip *tcpip = traffic->tcpip;
    const struct platform *platform = traffic->platform;
    while (traffic->running) {
        platform->ops->event_reset(platform->ctx, traffic->wake); /* before looking: what happens from here on sets it again */
        const char *what = tcpip_next_is(tcpip);
        traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_ENTER, what);
        tcpip_input(tcpip);
        sys_check_timeouts();
        if (tcpip->starved && tcpip->free) {
            tcpip->starved = false;
            tcp_txnow(); /* and not a quarter of a second later */
        }
        tcpip_flush(tcpip);
        tcpip_return(tcpip);
        traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_EXIT, what);
        if (traffic->running && !tcpip->received) (void)platform->ops->event_wait(platform->ctx, traffic->wake, patience_ns());
    }
}

/* Everything that can hold a received pbuf: connections, datagrams that wait for their other fragments, the queue. */
static void let_go(struct tcpip *tcpip) {
    while (tcp_active_pcbs) tcp_abort(tcp_active_pcbs);
    for (unsigned i = 0; i <= IP_REASS_MAXAGE; i++) ip_reass_tmr();
    tcpip_return(tcpip);
}

void tcpip_pause(struct traffic *traffic) {
    struct tcpip *tcpip = traffic->tcpip;
    if (!tcpip) return;
    tcpip_input(tcpip); /* the queue: lwIP may answer, which waits for the restart */
    tcpip_return(tcpip);
    if (tcpip->lent) let_go(tcpip);
}

void tcpip_unbind(struct traffic *traffic) {
    struct tcpip *tcpip = traffic->tcpip;
    if (!tcpip || !tcpip->netif.linkoutput) return;
    tcpip_drop_batch(tcpip);
    netif_set_down(&tcpip->netif);
    let_go(tcpip);
    while (tcp_tw_pcbs) tcp_abort(tcp_tw_pcbs);
    if (tcpip->listener) (void)tcp_close(tcpip->listener);
    tcpip->listener = NULL;
    netif_remove(&tcpip->netif); /* with what waits for an address */
    tcpip->netif.linkoutput = NULL;
}

void tcpip_free(struct traffic *traffic) {
    struct tcpip *tcpip = traffic->tcpip;
    if (!tcpip) return;
    tcpip_unbind(traffic);
    tcpip_sends_free(tcpip);
    tcpip_loans_free(tcpip);
    tcpip_port_detach();
    kernel_free(traffic->scratch);
    traffic->scratch = NULL;
    traffic->tcpip = NULL;
    kernel_free(tcpip);
}

void tcpip_get_counts(const struct traffic *traffic, struct traffic_counts *counts) {
    const struct tcpip *tcpip = traffic->tcpip;
    if (!tcpip) return;
    counts->tcpip_requests = tcpip->requests;
    counts->tcpip_pages = tcpip->pages;
    counts->tcpip_copied = tcpip->copied;
    counts->tcpip_refused = tcpip->refused;
}
