import { logto } from '../../clients/logto.ts'
import { tryClient } from '../try-client.ts'

tryClient(logto)
