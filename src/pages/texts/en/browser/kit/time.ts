/** Times in words; all are in UTC, and say so. */
export const timeTexts = {
  months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
  day: (year: number, month: string, day: number) => `${day} ${month} ${year}`,
  minute: (day: string, clock: string) => `${day}, ${clock} UTC`,
  /** `date` and clock as ISO 8601 has them, nothing rounded. */
  exact: (time: string) => `${time} UTC`,
  noTimeLeft: "no time left",
  secondsLeft: (count: number) => `${count} second${count === 1 ? "" : "s"} left`,
  minutesLeft: (count: number) => `${count} minute${count === 1 ? "" : "s"} left`,
  hoursLeft: (count: number) => `${count} hour${count === 1 ? "" : "s"} left`,
  daysLeft: (count: number) => `${count} day${count === 1 ? "" : "s"} left`,
} as const;
