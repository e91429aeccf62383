/** As the platform's own binding: so many calls of one key within `period` seconds. */
export default function callLimit(simple: { limit: number; period: number }): { limit(of: { key: string }): Promise<{ success: boolean }> };
