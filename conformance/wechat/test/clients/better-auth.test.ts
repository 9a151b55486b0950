import { betterAuth } from '../../clients/better-auth.ts'
import { tryClient } from '../try-client.ts'

tryClient(betterAuth)
