using System.Text.Json;

namespace OrleansChat.Protocol.Json;

/// <summary>
/// The fields of one JSON object. One pass notes where each known field's value stands (of a repeated one the last, as everywhere in
/// JavaScript); the values are read when asked for, so <c>t</c> may come last and nothing is made for fields nobody wants.
/// A field that is null counts as absent. Nothing throws: the first thing wrong is kept in <see cref="Failure"/>, later ones are ignored.
/// </summary>
internal ref struct FieldReader
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly Span<Slot> _slots;

    /// <param name="json">UTF-8, known to be valid.</param>
    /// <param name="slots"><see cref="SlotCount"/> of them, to be used for nothing else while this reader lives.</param>
    /// <param name="depth">How deep the object may nest.</param>
    public FieldReader(ReadOnlySpan<byte> json, Span<Slot> slots, int depth)
    {
        _json = json;
        _slots = slots;
        _slots.Clear();
        try
        {
            FindFields(depth);
        }
        catch (JsonException error)
        {
            IsJson = false;
            Fail(ErrorCode.BadRequest, $"not JSON, or nested deeper than {depth}, at byte {error.BytePositionInLine + 1} of its line");
        }
    }

    /// <summary>Where a value stands.</summary>
    public readonly record struct Slot(JsonTokenType Type, int Start, int Length);

    public static int SlotCount => Words<Field>.Count;

    /// <summary>False where the line could not be read to its end.</summary>
    public bool IsJson { get; } = true;

    /// <summary>The first thing that was wrong, or null.</summary>
    public Failure? Failure { get; private set; }

    public void Fail(ErrorCode code, string message) => Failure ??= new Failure(code, message);

    public readonly bool Has(Field field) => _slots[(int)field].Type is not (JsonTokenType.None or JsonTokenType.Null);

    /// <summary>A string of 1 to <paramref name="longest"/> Unicode scalar values; null where absent or wrong.</summary>
    public string? String(Field field, int longest = int.MaxValue, int shortest = 1)
    {
        if (!Has(field, JsonTokenType.String, "a string"))
        {
            return null;
        }

        var reader = Read(field);
        var value = StringOf(ref reader);
        if (value is null)
        {
            Fail(ErrorCode.BadRequest, $"{Name(field)} has U+0000 or half of a surrogate pair");
        }
        else if (value.Length < shortest)
        {
            Fail(ErrorCode.BadRequest, $"{Name(field)} is empty");
        }
        else if (!Scalars.AtMost(value, longest))
        {
            Fail(ErrorCode.TooLarge, $"{Name(field)} is longer than {longest} characters");
        }
        else
        {
            return value;
        }

        return null;
    }

    /// <summary>A whole number from <paramref name="least"/> on, written without fraction or exponent; null where absent or wrong.</summary>
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
        Fail(ErrorCode.BadRequest, $"{Name(field)} must be a whole number{from}");
        return null;
    }

    /// <summary>True or false; null where absent or wrong.</summary>
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

        Fail(ErrorCode.BadRequest, $"{Name(field)} must be true or false");
        return null;
    }

    /// <summary>One of an enum's words; null where absent or wrong. A word of no value fails with <paramref name="code"/>.</summary>
    public T? Word<T>(Field field, ErrorCode code = ErrorCode.BadRequest)
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

        Fail(code, $"this {Name(field)} is not known here");
        return null;
    }

    /// <summary>An object's or array's own JSON; empty where absent or wrong.</summary>
    public ReadOnlySpan<byte> Json(Field field, JsonTokenType start)
    {
        if (!Has(field, start, start == JsonTokenType.StartObject ? "an object" : "an array"))
        {
            return default;
        }

        return Raw(field);
    }

    /// <summary>The value, or a failure that says that the field is missing.</summary>
    public string Need(Field field, string? value) => value ?? Missing(field, "");

    /// <inheritdoc cref="Need(Field, string?)"/>
    public long Need(Field field, long? value) => value ?? Missing(field, 0L);

    /// <inheritdoc cref="Need(Field, string?)"/>
    public T Need<T>(Field field, T? value)
        where T : struct, Enum => value ?? Missing(field, default(T));

    /// <summary>The string at the reader; null where it has half of a surrogate pair, or U+0000, which a database may refuse to store.</summary>
    public static string? StringOf(scoped ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped && !Escapes.ArePaired(reader.ValueSpan))
        {
            return null;
        }

        var value = reader.GetString()!;
        return value.Contains('\0', StringComparison.Ordinal) ? null : value;
    }

    public static string Name(Field field) => Words<Field>.Of(field).Value;

    /// <summary>The word at the reader; null where it is none of the enum's. It may be written with escapes: <c>"\u0074"</c> is <c>"t"</c>.</summary>
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
            Fail(ErrorCode.BadRequest, "not a JSON object");
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

        // Reading on past the end is what finds a second value on the line.
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
            Fail(ErrorCode.BadRequest, $"{Name(field)} must be {expected}");
            return false;
        }

        return true;
    }

    private readonly ReadOnlySpan<byte> Raw(Field field) => _json.Slice(_slots[(int)field].Start, _slots[(int)field].Length);

    /// <summary>A reader that stands on the field's value, which was read once before and so is well formed.</summary>
    private readonly Utf8JsonReader Read(Field field)
    {
        var reader = new Utf8JsonReader(Raw(field));
        reader.Read();
        return reader;
    }

    private T Missing<T>(Field field, T value)
    {
        Fail(ErrorCode.BadRequest, $"{Name(field)} is missing");
        return value;
    }
}

/// <summary>What was wrong with what was read.</summary>
internal readonly record struct Failure(ErrorCode Code, string Message);
