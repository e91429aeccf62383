/**
 * "Remember this approval": what else of its kind may pass without asking, chosen member by member and said in words before it is signed.
 * Nothing is chosen beforehand. Its script is browser/approval/remember.ts.
 */
import type { FC } from "hono/jsx";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import { actionShown } from "#countersign/grants/choose-grant.ts";
import { spanShown } from "#countersign/grants/check-grant-shown.ts";
import { membersByPointer } from "#countersign/grants/pointer.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { textView } from "#pages/kit/text-view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { memberName } from "#pages/kit/value/grant-view.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";

/** Members that can be chosen; what is beyond them stays as it is. */
const MOST_MEMBERS = 50;

/** How long it may last, in seconds, as far as the rule lets it. */
const SPANS: readonly (readonly [seconds: number, text: string])[] = [
  [3_600, texts.remember.anHour],
  [86_400, texts.remember.aDay],
  [604_800, texts.remember.aWeek],
  [2_592_000, "30 days"],
];

const spanText = (seconds: number): string =>
  SPANS.find(([own]) => own === seconds)?.[1] ??
  (seconds % 86_400 === 0 ? texts.remember.days(seconds / 86_400) : texts.remember.minutes(Math.round(seconds / 60)));

const spansWithin = (most: number): [number, string][] => [
  ...SPANS.filter(([seconds]) => seconds < most).map(([seconds, text]): [number, string] => [seconds, text]),
  [most, spanText(most)],
];

const Member: FC<{ pointer: string; value: JsonValue; index: number }> = ({ pointer, value, index }) => {
  const span = typeof value === "number" ? spanShown(value) : null;
  return (
    <div class="field grant-member" data-pointer={pointer}>
      <label for={`grant-${index}`}>{toJsx(textView(memberName(pointer)))}</label>
      <select id={`grant-${index}`}>
        <option value="fixed">{texts.remember.asItIsHere}</option>
        <option value="any">{texts.remember.anything}</option>
        {span === null || span.from === span.to ? null : <option value="span">{texts.remember.aNumberFromTo(span.from, span.to)}</option>}
        {typeof value === "string" ? <option value="one-of">{texts.remember.oneOfTheseTexts}</option> : null}
      </select>
      {typeof value === "string" ? (
        <textarea id={`grant-${index}-texts`} rows={3} hidden aria-label={texts.remember.textsFor(memberName(pointer))}>
          {value.includes("\n") ? "" : value}
        </textarea>
      ) : null}
    </div>
  );
};

/** The choices of whoever approves first; nothing for those after them, who give the same or nothing. */
const Choices: FC<{ data: ApprovalPageData; limits: NonNullable<ApprovalPageData["remember"]> }> = ({ data, limits }) => {
  const action = actionShown(data.request, data.payload ?? {}, 0);
  const members = action === null ? [] : [...membersByPointer(action.args)].slice(0, MOST_MEMBERS);
  const spans = spansWithin(limits.for);
  return (
    <>
      {members.map(([pointer, value], index) => (
        <Member pointer={pointer} value={value} index={index} />
      ))}
      <div class="field">
        <label for="grant-uses">{texts.remember.howOften}</label>
        <input id="grant-uses" type="number" min={1} max={limits.uses} value={Math.min(5, limits.uses)} inputmode="numeric" />
      </div>
      <div class="field">
        <label for="grant-until">{texts.remember.for}</label>
        <select id="grant-until">
          {spans.map(([seconds, text]) => (
            <option value={seconds}>{text}</option>
          ))}
        </select>
      </div>
    </>
  );
};

export const Remember: FC<{ data: ApprovalPageData }> = ({ data }) => {
  const { remember } = data;
  if (remember === undefined) return null;
  return (
    <fieldset id="remember" class="remember" data-live>
      <legend>{texts.remember.remember}</legend>
      <label class="choice" for="remember-on">
        <input type="checkbox" id="remember-on" autocomplete="off" disabled />{" "}
        {remember.same === null ? texts.remember.letPass : texts.remember.letPassAsOthers}
      </label>
      <div id="remember-choices" hidden>
        {remember.same === null ? <Choices data={data} limits={remember} /> : null}
        <p class="hint">{texts.remember.signed}</p>
        <div id="grant-words"></div>
        <p id="grant-wrong" class="message" role="alert" hidden></p>
        <p class="hint">{texts.remember.counts}</p>
      </div>
    </fieldset>
  );
};
