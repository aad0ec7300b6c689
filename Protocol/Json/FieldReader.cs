using System.Text.Json;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// Reads the fields of one JSON object. One pass records where each known field's value is; if a field is repeated, the
/// last value counts, as in JavaScript. Values are read on demand, so <c>t</c> may be the last field, and unused fields
/// cost nothing. A field that is null counts as absent. Nothing throws: the first error is kept in
/// <see cref="Failure"/>, and later errors are ignored.
/// </summary>
internal ref struct FieldReader
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly Span<Slot> _slots;

    /// <param name="json">Valid UTF-8; the caller has checked it.</param>
    /// <param name="slots">
    /// <see cref="SlotCount"/> slots. The caller must not use them while this reader is in use.
    /// </param>
    /// <param name="depth">Maximum nesting depth of the object.</param>
    public FieldReader(ReadOnlySpan<byte> json, Span<Slot> slots, int depth)
    {
        _json = json;
        _slots = slots;
        _slots.Clear();
        try
        {
            FindFields(depth);
        }
        catch (JsonException exception)
        {
            IsJson = false;
            Fail(ChatErrorCode.BadRequest, $"not JSON, or nested deeper than {depth}, at byte {exception.BytePositionInLine + 1} of its line");
        }
    }

    /// <summary>The position of a value in the JSON, in bytes.</summary>
    public readonly record struct Slot(JsonTokenType Type, int Start, int Length);

    public static int SlotCount => Words<Field>.Count;

    /// <summary>False if parsing the line as JSON failed.</summary>
    public bool IsJson { get; } = true;

    /// <summary>The first error, or null.</summary>
    public Failure? Failure { get; private set; }

    public void Fail(ChatErrorCode code, string message) => Failure ??= new Failure(code, message);

    public readonly bool Has(Field field) => _slots[(int)field].Type is not (JsonTokenType.None or JsonTokenType.Null);

    /// <summary>
    /// A string of <paramref name="minLength"/> to <paramref name="maxLength"/> Unicode scalar values. Returns null if
    /// the field is absent or invalid. Only an invalid field sets <see cref="Failure"/>.
    /// </summary>
    public string? String(Field field, int maxLength = int.MaxValue, int minLength = 1)
    {
        if (!Has(field, JsonTokenType.String, "a string"))
        {
            return null;
        }

        var reader = Read(field);
        var value = ReadString(ref reader);
        if (value is null)
        {
            Fail(ChatErrorCode.BadRequest, $"{Name(field)} contains U+0000 or an unpaired surrogate");
        }
        else if (value.Length < minLength)
        {
            Fail(ChatErrorCode.BadRequest, $"{Name(field)} is empty");
        }
        else if (!Scalars.AtMost(value, maxLength))
        {
            Fail(ChatErrorCode.TooLarge, $"{Name(field)} is longer than {maxLength} characters");
        }
        else
        {
            return value;
        }

        return null;
    }

    /// <summary>
    /// A whole number, not lower than <paramref name="least"/>, written without fraction or exponent; null if absent or
    /// invalid.
    /// </summary>
    public long? Number(Field field, long least = long.MinValue)
    {
        if (!Has(field))
        {
            return null;
        }

        if (_slots[(int)field].Type == JsonTokenType.Number && Read(field).TryGetInt64(out var value) && value >= least)
        {
            return value;
        }

        var from = least == long.MinValue ? "" : $" from {least}";
        Fail(ChatErrorCode.BadRequest, $"{Name(field)} must be a whole number{from}");
        return null;
    }

    /// <summary>A Boolean value; null if absent or invalid.</summary>
    public bool? Flag(Field field)
    {
        if (!Has(field))
        {
            return null;
        }

        var type = _slots[(int)field].Type;
        if (type is JsonTokenType.True or JsonTokenType.False)
        {
            return type == JsonTokenType.True;
        }

        Fail(ChatErrorCode.BadRequest, $"{Name(field)} must be true or false");
        return null;
    }

    /// <summary>
    /// The enum value whose word the field contains; null if absent or invalid. An unknown word fails with
    /// <paramref name="code"/>.
    /// </summary>
    public T? Word<T>(Field field, ChatErrorCode code = ChatErrorCode.BadRequest)
        where T : struct, Enum
    {
        if (!Has(field, JsonTokenType.String, "a string"))
        {
            return null;
        }

        var reader = Read(field);
        if (WordOf<T>(ref reader) is { } value)
        {
            return value;
        }

        Fail(code, $"{Name(field)} has an unknown value");
        return null;
    }

    /// <summary>The JSON of an object or array; empty if absent or invalid.</summary>
    public ReadOnlySpan<byte> Json(Field field, JsonTokenType start)
    {
        if (!Has(field, start, start == JsonTokenType.StartObject ? "an object" : "an array"))
        {
            return default;
        }

        return Raw(field);
    }

    /// <summary>Returns the value. If it is null, fails with a message that the field is missing.</summary>
    public string Need(Field field, string? value) => value ?? Missing(field, "");

    /// <inheritdoc cref="Need(Field, string?)"/>
    public long Need(Field field, long? value) => value ?? Missing(field, 0L);

    /// <inheritdoc cref="Need(Field, string?)"/>
    public T Need<T>(Field field, T? value)
        where T : struct, Enum => value ?? Missing(field, default(T));

    /// <summary>
    /// The string at the reader. Returns null if it contains U+0000, which a database may refuse to store, or an
    /// unpaired surrogate.
    /// </summary>
    public static string? ReadString(scoped ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped && !Escapes.ArePaired(reader.ValueSpan))
        {
            return null;
        }

        var value = reader.GetString()!;
        return value.Contains('\0', StringComparison.Ordinal) ? null : value;
    }

    public static string Name(Field field) => Words<Field>.Of(field).Value;

    /// <summary>
    /// The enum value whose word is at the reader; null if there is none. The word may contain escapes: <c>"\u0074"</c>
    /// is <c>"t"</c>.
    /// </summary>
    private static T? WordOf<T>(scoped ref Utf8JsonReader reader)
        where T : struct, Enum
    {
        if (!reader.ValueIsEscaped)
        {
            return Words<T>.Find(reader.ValueSpan);
        }

        Span<byte> unescaped = stackalloc byte[128];
        return reader.ValueSpan.Length <= unescaped.Length && Escapes.ArePaired(reader.ValueSpan)
            ? Words<T>.Find(unescaped[..reader.CopyString(unescaped)])
            : null;
    }

    private void FindFields(int depth)
    {
        var reader = new Utf8JsonReader(_json, new JsonReaderOptions { MaxDepth = depth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            Fail(ChatErrorCode.BadRequest, "not a JSON object");
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = WordOf<Field>(ref reader);
            reader.Read();
            var (type, start) = (reader.TokenType, (int)reader.TokenStartIndex);
            reader.Skip();
            if (field is { } known)
            {
                _slots[(int)known] = new Slot(type, start, (int)reader.BytesConsumed - start);
            }
        }

        // If the line has a second value after the object, this read throws.
        reader.Read();
    }

    private bool Has(Field field, JsonTokenType type, string expected)
    {
        if (!Has(field))
        {
            return false;
        }

        if (_slots[(int)field].Type != type)
        {
            Fail(ChatErrorCode.BadRequest, $"{Name(field)} must be {expected}");
            return false;
        }

        return true;
    }

    private readonly ReadOnlySpan<byte> Raw(Field field) => _json.Slice(_slots[(int)field].Start, _slots[(int)field].Length);

    /// <summary>
    /// Returns a reader at the field's value. The constructor has read the value, so it is well formed.
    /// </summary>
    private readonly Utf8JsonReader Read(Field field)
    {
        var reader = new Utf8JsonReader(Raw(field));
        reader.Read();
        return reader;
    }

    private T Missing<T>(Field field, T value)
    {
        Fail(ChatErrorCode.BadRequest, $"{Name(field)} is missing");
        return value;
    }
}

/// <summary>Why a line or a text was refused.</summary>
internal readonly record struct Failure(ChatErrorCode Code, string Message);
