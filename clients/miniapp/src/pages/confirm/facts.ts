/** What the form shows of what is booked, and how it is called. */
import type { Schema } from '@/api/client'
import { t, type TextKey } from '@/texts'
import { dayOf, longDay, span } from '@/texts/times'
import type { Mode } from '@/visits/asked'
import type { Department } from '@/visits/departments'
import { priceOf } from '@/visits/prices'
import { wordOf, type Slot } from '@/visits/slots'

export const TITLES: Record<Mode, TextKey> = {
  book: 'booking.confirm',
  any: 'booking.confirm',
  move: 'booking.move',
  revisit: 'hold.revisitConfirm',
}
export const SUBMITS: Record<Mode, TextKey> = {
  book: 'booking.submit',
  any: 'booking.submit',
  move: 'booking.submitMove',
  revisit: 'hold.revisitSubmit',
}

interface Rest {
  doctor: Schema<'PractitionerView'> | undefined
  patient: string
  mode: Mode
  /** The last place may be the one that is kept: then «full» would mislead. */
  isKept: boolean
}

export function factsOf(slot: Slot, where: Department, { doctor, patient, mode, isKept }: Rest) {
  const isAny = mode === 'any'
  const price = priceOf(isAny ? where.prices : doctor?.prices, slot.visit_type)
  return [
    ...(patient ? [{ name: t('booking.patient'), text: patient }] : []),
    {
      name: t('booking.when'),
      text: longDay(dayOf(slot.starts_at)),
      then: span(slot.starts_at, slot.ends_at),
      note: isKept || isAny ? '' : wordOf(slot),
    },
    { name: t('booking.department'), text: where.name },
    { name: t('booking.doctor'), text: isAny ? t('hold.anyLater') : [slot.practitioner_name, doctor?.title].filter(Boolean).join(' ') },
    { name: t('booking.where'), text: `${where.campus.name} ${where.location}`, note: where.campus.address },
    { name: t('booking.price'), text: price || t('booking.priceHint') },
  ]
}
