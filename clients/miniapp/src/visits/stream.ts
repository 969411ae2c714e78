/** The patient's own stream: the server says where they stand when it changes, so that the page need not ask. */
import { useStream, type Stream } from '../api/stream'
import type { Place } from './place'

/** Listen to where somebody stands; `hear` gets every place. `open` takes the appointment. */
export function usePlaceStream(hear: (place: Place) => void): Stream {
  const stream = useStream((data) => hear(data as Place))
  return { ...stream, open: (appointment) => stream.open(`/api/v1/appointments/${appointment}/queue/events`) }
}
