import { tnwx } from '../../clients/tnwx.ts'
import { tryClient } from '../try-client.ts'

tryClient(tnwx)
