/** Routes by which somebody proves who he is and gets a token. */
const LOG_INS =
  /^\/dashboard\/session$|^\/identity\/v3\/(auth\/tokens|(ec2|s3)tokens|OS-OAUTH1\/access_token|OS-OAUTH2\/token|auth\/OS-FEDERATION\/.+|OS-FEDERATION\/.+\/auth)$/;
/** Users who change their own password give the old one, which can be guessed there, too. */
const PASSWORD = /^\/identity\/v3\/users\/:\w+\/password$/;

/** Whether a request to the route is a log-in, whether it succeeds or not. @param route its path in the router */
export const isLogIn = (method: string, route: string): boolean =>
  LOG_INS.test(route) && (method === 'POST' || (method === 'GET' && route.includes('OS-FEDERATION')));

/** Whether a secret that people choose can be guessed there. */
export const takesSecrets = (method: string, route: string): boolean =>
  isLogIn(method, route) || (method === 'POST' && PASSWORD.test(route));
