/*
 * For the browser alone (LD_PRELOAD): no news of this machine's interfaces. Chromium ends what it loads when one comes or goes
 * (ERR_NETWORK_CHANGED), and each pod of the test cluster is one that comes and goes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol) {
  if (domain == AF_NETLINK) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  int (*real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
  return real(domain, type, protocol);
}
