"""Charts are merged and taken apart; whose a row is changes by that alone."""

import django.core.serializers.json
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import emr.audit.sealable
import emr.shared.records

#: Whose a row is changes by a merge alone, and nothing is written to a chart that was merged. The chart's row is locked
#: first, so that what waits for a merge to end finds the merge.
STAYS = """
CREATE FUNCTION clinic_patient_stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    name CONSTANT text := TG_ARGV[0];
    stood CONSTANT jsonb := CASE WHEN TG_OP = 'UPDATE' THEN coalesce(to_jsonb(OLD) -> name, 'null') ELSE 'null' END;
    stands CONSTANT jsonb := coalesce(to_jsonb(NEW) -> name, 'null');
    heir uuid;
BEGIN
    IF TG_OP = 'UPDATE' AND stands = stood THEN
        RETURN NEW;
    END IF;
    -- A row without a patient may get one; who replaces a patient is decided by a merge from the first.
    IF TG_OP = 'UPDATE' AND (stood <> 'null' OR TG_RELID = 'clinic_patient'::regclass) AND NOT EXISTS (
        SELECT FROM clinic_patientmergerow said
        WHERE said.object_id = (to_jsonb(NEW) ->> 'id')::uuid AND said.txid = pg_current_xact_id()
        AND said.kind = 'moved' AND said.table_name = TG_TABLE_NAME AND said."column" = name
        AND coalesce(said.before, 'null') = stood AND coalesce(said.after, 'null') = stands
    ) THEN
        RAISE EXCEPTION 'Whose a row of % is changes by a merge of two charts alone.', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_patient_stays';
    END IF;
    SELECT replaced_by_id INTO heir FROM clinic_patient WHERE id = (stands #>> '{}')::uuid FOR KEY SHARE;
    IF heir IS NOT NULL THEN
        RAISE EXCEPTION 'This chart was merged into another: nothing is written to it.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_patient_merged';
    END IF;
    RETURN NEW;
END;
$$;

-- Puts the trigger on each table that points to a patient. The named columns (table.column) may be written for a merged
-- chart too: they tell of the time before.
CREATE FUNCTION clinic_guard_patient_columns(later text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT fk.conrelid::regclass AS owner, col.attname AS name,
            fk.conrelid::regclass::text || '.' || col.attname = ANY (later) AS told_later
        FROM pg_constraint fk
        JOIN pg_attribute col ON col.attrelid = fk.conrelid AND col.attnum = ANY (fk.conkey)
        WHERE fk.contype = 'f' AND fk.confrelid = 'clinic_patient'::regclass
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER %I BEFORE %s UPDATE OF %I ON %s FOR EACH ROW EXECUTE FUNCTION clinic_patient_stays(%L)',
            'patient_stays_' || one.name, CASE WHEN one.told_later THEN '' ELSE 'INSERT OR' END, one.name, one.owner, one.name
        );
    END LOOP;
END;
$$;
"""

UNDO = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT tgname, tgrelid::regclass AS owner FROM pg_trigger WHERE tgname LIKE 'patient\\_stays\\_%' LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', one.tgname, one.owner);
    END LOOP;
END;
$$;
DROP FUNCTION clinic_guard_patient_columns(text[]);
DROP FUNCTION clinic_patient_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_ways_in_watched'),
        ('clinic', '0012_eligibility'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientMerge',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('merged_at', models.DateTimeField(editable=False)),
                ('undone_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('undone_reason', models.CharField(blank=True, editable=False, max_length=300)),
            ],
            options={
                'ordering': ['-merged_at'],
            },
        ),
        migrations.CreateModel(
            name='PatientMergeRow',
            fields=[
                ('id', models.UUIDField(default=emr.shared.records.uuid7, editable=False, primary_key=True, serialize=False)),
                ('step', models.CharField(choices=[('merge', 'Merged'), ('undo', 'Merge undone'), ('review', 'Moved on review')], max_length=6)),
                ('kind', models.CharField(choices=[('moved', 'Moved'), ('changed', 'Changed'), ('made', 'Added')], max_length=7)),
                ('table_name', models.CharField(max_length=63)),
                ('object_id', models.UUIDField()),
                ('column', models.CharField(blank=True, max_length=63)),
                ('before', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
                ('after', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
                ('why', models.CharField(blank=True, max_length=300)),
                ('txid', emr.audit.sealable.TransactionIdField(db_default=models.Func(function='pg_current_xact_id'), editable=False)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='disclosure',
            name='append_only',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='disclosure',
            name='no_truncate',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='note',
            name='signed_is_final',
        ),
        migrations.AddField(
            model_name='patient',
            name='replaced_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='clinic.patient'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='disclosure',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{patient_id,updated_at}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,updated_at}'::text[] THEN\n        RAISE EXCEPTION 'clinic_disclosure is fixed once it is written: % refused', TG_OP USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='81f7448ac8d69baad57d34ee346682e771343af4', operation='UPDATE OR DELETE', pgid='pgtrigger_fixed_07eba', table='clinic_disclosure', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='note',
            trigger=pgtrigger.compiler.Trigger(name='signed_is_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF OLD.signed_at IS NOT NULL AND (\n        to_jsonb(NEW) - '{patient_id,status,updated_at,confidential,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{patient_id,status,updated_at,confidential,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}'::text[]\n        OR OLD.confidential AND NOT NEW.confidential\n        OR NEW.status NOT IN ('amended', 'entered-in-error', OLD.status)\n    ) THEN\n        RAISE EXCEPTION 'A signed note does not change: write an addendum.' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='650ac31f71f566673b2252173c421846232b3892', operation='UPDATE', pgid='pgtrigger_signed_is_final_5400a', table='clinic_note', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(('replaced_by', None), ('active', False), _connector='OR'), name='clinic_patient_replaced'),
        ),
        migrations.AddField(
            model_name='patientmerge',
            name='merged',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merged_in', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='patientmerge',
            name='merged_by',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='patientmerge',
            name='survivor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='clinic.patient'),
        ),
        migrations.AddField(
            model_name='patientmerge',
            name='undone_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='patientmergerow',
            name='merge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='clinic.patientmerge'),
        ),
        migrations.AddIndex(
            model_name='patientmerge',
            index=models.Index(fields=['survivor'], name='clinic_merge_survivor'),
        ),
        migrations.AddConstraint(
            model_name='patientmerge',
            constraint=models.CheckConstraint(condition=models.Q(('survivor', models.F('merged')), _negated=True), name='clinic_merge_two'),
        ),
        migrations.AddConstraint(
            model_name='patientmerge',
            constraint=models.CheckConstraint(condition=models.Q(('reason__regex', '\\S')), name='clinic_merge_reason'),
        ),
        migrations.AddConstraint(
            model_name='patientmerge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by__isnull', True)), models.Q(('undone_at__isnull', False), ('undone_by__isnull', False)), _connector='OR'), name='clinic_merge_undone'),
        ),
        migrations.AddConstraint(
            model_name='patientmerge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at', None), ('undone_reason', '')), models.Q(('undone_at__gte', models.F('merged_at')), ('undone_at__isnull', False), ('undone_reason__regex', '\\S')), _connector='OR'), name='clinic_merge_undone_why'),
        ),
        migrations.AddConstraint(
            model_name='patientmerge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('merged',), name='clinic_merge_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientmerge',
            trigger=pgtrigger.compiler.Trigger(name='fixed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF OLD.undone_at IS NOT NULL OR to_jsonb(NEW) - ARRAY['undone_at', 'undone_by_id', 'undone_reason'] IS DISTINCT FROM to_jsonb(OLD) - ARRAY['undone_at', 'undone_by_id', 'undone_reason'] THEN\n        RAISE EXCEPTION 'A merge does not change: it is undone, once.' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='855c963e0419ef375ae5df13203d1e12221b94db', operation='UPDATE', pgid='pgtrigger_fixed_6481c', table='clinic_patientmerge', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientmerge',
            trigger=pgtrigger.compiler.Trigger(name='audit_guard', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n    PERFORM audit_require(\n        TG_OP, 'clinic.patientmerge',\n        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,\n        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,\n        '{last_login,password,updated_at}'::text[]\n    );\n    RETURN NULL;\n", hash='97cc492fcfb01f7e6ba57131fa77863862a5eb04', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_guard_a9790', table='clinic_patientmerge', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='patientmergerow',
            index=models.Index(fields=['object_id', 'txid'], name='clinic_mergerow_object'),
        ),
        migrations.AddIndex(
            model_name='patientmergerow',
            index=models.Index(fields=['merge', 'step'], name='clinic_mergerow_merge'),
        ),
        migrations.AddConstraint(
            model_name='patientmergerow',
            constraint=models.CheckConstraint(condition=models.Q(('step__in', ['merge', 'undo', 'review'])), name='clinic_mergerow_step'),
        ),
        migrations.AddConstraint(
            model_name='patientmergerow',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['moved', 'changed', 'made'])), name='clinic_mergerow_kind'),
        ),
        migrations.AddConstraint(
            model_name='patientmergerow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('column', ''), ('kind', 'made')), models.Q(('column', ''), _negated=True), _connector='OR'), name='clinic_mergerow_column'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientmergerow',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_patientmergerow is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='726ba257fe5c6e8353ce8ef3f57d744c8764e5e2', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6f1f2', table='clinic_patientmergerow', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientmergerow',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'clinic_patientmergerow is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='9f29bc411b1a6640b37925a984b7778c5b1b1cd6', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_6ab0e', table='clinic_patientmergerow', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientmergerow',
            trigger=pgtrigger.compiler.Trigger(name='own_transaction', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.txid IS DISTINCT FROM pg_current_xact_id())', func="\n        RAISE EXCEPTION 'an entry of a log belongs to the transaction that writes it'\n            USING ERRCODE = 'integrity_constraint_violation';\n    ", hash='6c8374d371eb7b9bf029e9cf0761c785f2c642de', operation='INSERT', pgid='pgtrigger_own_transaction_b155a', table='clinic_patientmergerow', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='patientmergerow',
            trigger=pgtrigger.compiler.Trigger(name='within', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.kind = 'moved' AND NOT EXISTS (\n        SELECT FROM clinic_patientmerge one WHERE one.id = NEW.merge_id AND CASE\n            WHEN NEW.step = 'merge' THEN one.undone_at IS NULL\n                AND (NEW.after #>> '{}')::uuid = one.survivor_id\n                AND ((NEW.before #>> '{}')::uuid = one.merged_id\n                    OR NEW.table_name = 'clinic_patient' AND NEW.object_id = one.merged_id\n                    AND NEW.before IS NULL)\n            ELSE one.undone_at IS NOT NULL\n                AND (NEW.before #>> '{}')::uuid = one.survivor_id\n                AND ((NEW.after #>> '{}')::uuid = one.merged_id\n                    OR NEW.table_name = 'clinic_patient' AND NEW.object_id = one.merged_id\n                    AND NEW.after IS NULL)\n        END\n    ) THEN\n        RAISE EXCEPTION 'A row moves between the two charts of its merge alone.' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='152fcf2d42ca423f18686b70e8be4f5a2dc83a25', operation='INSERT', pgid='pgtrigger_within_89941', table='clinic_patientmergerow', when='BEFORE')),
        ),
        migrations.RunSQL(STAYS, UNDO),
    ]
