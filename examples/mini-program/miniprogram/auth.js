import { createClient } from '@kaimen/client'
import { apiOrigins, baseUrl } from './config.js'

export const auth = createClient({ baseUrl, apiOrigins })
