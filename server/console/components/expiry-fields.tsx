import { describedBy } from "./field.tsx";

/** Never or a set date, with a picker and presets. The script shows the picker's time in the viewer's zone. */
export function ExpiryFields(props: {
  readonly type: "never" | "date";
  /** In UTC, as `datetime-local` has it. */
  readonly at: string;
  readonly error?: string | undefined;
}) {
  const { type, at, error } = props;
  return (
    <fieldset class="expiry" id="expiry">
      <legend>Expiration type</legend>
      <div class="choices">
        <label>
          <input type="radio" name="expires_type" value="date" checked={type === "date"} /> Set date
        </label>
        <label>
          <input type="radio" name="expires_type" value="never" checked={type === "never"} /> Never
        </label>
      </div>
      <div class="field when-date">
        <label for="expires_at">
          Expires on (<span data-zone>UTC</span>)
        </label>
        <input
          id="expires_at"
          type="datetime-local"
          name="expires_at"
          value={at}
          data-utc
          autocomplete="off"
          {...describedBy("expires_at", { error })}
        />
        {error === undefined ? null : (
          <p class="fault" id="expires_at-fault">
            {error}
          </p>
        )}
        <fieldset class="presets">
          <legend class="visually-hidden">Presets</legend>
          {[30, 60, 90].map((days) => (
            <button type="submit" name="do" value={`preset-${days}`} data-part="expiry" formnovalidate>
              {days} days
            </button>
          ))}
        </fieldset>
      </div>
    </fieldset>
  );
}
