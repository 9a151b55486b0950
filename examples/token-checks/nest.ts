import type { Claims, Verifier } from '@kaimen/verify'
import { Auth, authGuard } from '@kaimen/verify/nest'
import { Controller, Get, HttpCode, Post, UseGuards, type INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

/** What `@Module` would be put on. */
class ShopModule {
  readonly name = 'shop'
}

export function makeNest(verifier: Verifier): Promise<INestApplication> {
  const staffOnly = authGuard(verifier, { check: (claims) => claims['role'] === 'staff' })

  @Controller()
  class ShopController {
    @Get('orders')
    @UseGuards(authGuard(verifier))
    orders(@Auth() auth: Claims) {
      return { user: auth.sub, orders: [] }
    }

    @Post('pay')
    @HttpCode(200)
    @UseGuards(authGuard(verifier, { strict: true }))
    pay(@Auth() auth: Claims) {
      return { user: auth.sub, paid: true }
    }

    @Get('shop')
    @UseGuards(authGuard(verifier, { optional: true }))
    shop(@Auth() auth: Claims | undefined) {
      return { user: auth?.sub ?? null }
    }

    @Get('staff')
    @UseGuards(staffOnly)
    staff(@Auth() auth: Claims) {
      return { user: auth.sub }
    }
  }

  return NestFactory.create(
    { module: ShopModule, controllers: [ShopController] },
    { logger: false },
  )
}
