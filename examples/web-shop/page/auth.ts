import { createWebClient } from '@kaimen/client/web'

/** As the shop's back end wrote them into the page. */
const {
  kaimen = '',
  serviceAccount = '',
  website = '',
  miniProgram = '',
} = document.documentElement.dataset

/** The whole set-up. The access token goes to the shop's own back end, and nowhere else. */
export const auth = createWebClient({
  baseUrl: kaimen,
  apps: { service_account: serviceAccount, website, mini_program: miniProgram },
  apiOrigins: [location.origin],
})
