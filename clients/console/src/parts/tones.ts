/** What a state means for whoever looks: done, under way, waits, wrong, calls for a person, or nothing of these. */
export type Tone = 'good' | 'known' | 'wait' | 'bad' | 'call' | 'quiet'
