// What can go wrong during set-up, each with the thing that is wrong and the way out of it.

/** Exit code of a set-up that could not finish: the same number as the command line's "environment" errors. */
export const EXIT_SETUP_FAILED = 4;

/** A failure that a person can act on: shown as one message without a stack trace. */
export class SetupError extends Error {
  /**
   * @param {string} problem what is missing or broken, naming the thing
   * @param {string} fix what to do about it
   * @param {{ unsupported?: boolean, log?: string }} [o] unsupported: this machine cannot have the part at all
   */
  constructor(problem, fix, o = {}) {
    super(problem);
    this.name = 'SetupError';
    this.fix = fix;
    this.unsupported = o.unsupported ?? false;
    this.log = o.log;
  }
}

const DISK = /ENOSPC|EDQUOT|no space left on device|disk quota exceeded|not enough space/i;
const PERMISSION = /EACCES|EPERM|EROFS|permission denied|read-only file system/i;
const NETWORK = new RegExp(
  [
    'ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT',
    'network is unreachable|temporary failure in name resolution|name or service not known',
    'NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|Max retries exceeded',
    'could not resolve host|connection (refused|reset|timed out)|network request .* failed',
    'from versions: none',
  ].join('|'),
  'i',
);
const CERTIFICATE =
  /SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERTIFICATE_VERIFY_FAILED|unable to get local issuer/i;

/**
 * Turn the output of a failed tool, or a file system error, into a SetupError when the cause is one that every tool
 * shares: disk, rights, network. Null when it is something else.
 * @param {string} text @param {{ what: string, where: string, source: string, log?: string }} o
 */
export function commonCause(text, o) {
  if (DISK.test(text)) {
    return new SetupError(
      `The disk is full: ${o.what} could not be written to ${o.where}.`,
      'Free some space there (the whole set-up needs about 3 GB) and run the same command again.',
      o,
    );
  }
  if (CERTIFICATE.test(text)) {
    return new SetupError(
      `The network connection to ${o.source} was refused: its certificate is not trusted here.`,
      'Behind a proxy that re-signs traffic, name its certificate in NODE_EXTRA_CA_CERTS (npm) and PIP_CERT (pip).',
      o,
    );
  }
  if (NETWORK.test(text)) {
    return new SetupError(
      `No network connection to ${o.source}: ${o.what} could not be downloaded.`,
      'Check the connection, or name your proxy or mirror (HTTPS_PROXY, npm config, pip config), and run the same command again.',
      o,
    );
  }
  if (PERMISSION.test(text)) {
    return new SetupError(
      `No permission to write ${o.what} in ${o.where}.`,
      'Make that folder writable for this user and run the same command again.',
      o,
    );
  }
  return null;
}

/** The message as it is printed: the problem, the fix, and where the tool's own words are. @param {SetupError} error */
export function formatSetupError(error) {
  const lines = [`svp set-up: ${error.message}`, `  Fix: ${error.fix}`];
  if (error.log) lines.push(`  Full output of the failed tool: ${error.log}`);
  return lines.join('\n');
}
